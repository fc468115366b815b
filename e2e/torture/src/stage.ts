import type { FaultProxy } from "@cotal/harness";
import { sleep, systemClock } from "@cotal/session";
import type { Disk } from "./disk.ts";
import type { Event } from "./journal.ts";
import type { Mesh } from "./mesh.ts";
import type { Peer } from "./peer.ts";
import type { Random } from "./random.ts";
import type { Violation } from "./violation.ts";

/** What faults happen to, and whom they tell. */
export interface Stage {
  readonly mesh: Mesh;
  readonly peers: readonly [Peer, ...Peer[]];
  /** The way of each peer to the broker. */
  readonly roads: ReadonlyMap<Peer, FaultProxy>;
  /** Peers that one fault has to itself. */
  readonly taken: Set<Peer>;
  /** Peers whose rights are under way, which come with another credential. */
  readonly changing: Set<Peer>;
  /** Those that have left the channel whose rights change, and are not to join it when they come back. */
  readonly outside: Set<Peer>;
  /** What the mesh lies on, where that can be filled. */
  readonly disk: Disk | undefined;
  readonly signal: AbortSignal;
  readonly onBrokerKill: () => void;
  /** What was seen to be wrong while it happened. */
  readonly onViolation: (violation: Violation) => void;
  /** What the operator does, beside what the peers note. */
  readonly note: (event: Event) => void;
  /** For a person who looks on. */
  readonly onStep: (text: string) => void;
}

/** Breaks something, and mends it before it ends. */
export type Fault = (stage: Stage, random: Random) => Promise<void>;

export const rest = ({ signal }: Pick<Stage, "signal">, ms: number): Promise<void> =>
  sleep(systemClock, ms, signal);

/** Has one peer to itself that nobody else has. */
export async function withPeer(
  stage: Stage,
  random: Random,
  use: (peer: Peer) => Promise<void>,
): Promise<void> {
  let peer = random.pick(stage.peers);
  for (; stage.taken.has(peer); peer = random.pick(stage.peers)) await rest(stage, 20);
  stage.taken.add(peer);
  try {
    await use(peer);
  } finally {
    stage.taken.delete(peer);
  }
}

/** So long may it take until what was ordered is done, whatever breaks meanwhile. */
const patienceMs = 120_000;

/**
 * Does it again until it is done, as a user would. What is not done after minutes in which all that was broken was
 * mended again is a violation.
 */
export async function insist(stage: Stage, what: string, attempt: () => Promise<void>): Promise<boolean> {
  const until = performance.now() + patienceMs;
  for (;;) {
    try {
      await attempt();
      return true;
    } catch (error) {
      stage.signal.throwIfAborted();
      const why = error instanceof Error ? error.message : String(error);
      if (performance.now() > until) {
        stage.onViolation({ of: "stuck", text: `${what} was not done in ${patienceMs / 1_000} s: ${why}` });
        return false;
      }
      stage.onStep(`(again: ${why.split("\n")[0]})`);
      await rest(stage, 500);
    }
  }
}
