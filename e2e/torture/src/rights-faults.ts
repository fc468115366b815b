import { type Actor, changingChannel } from "./cast.ts";
import type { Order } from "./journal.ts";
import type { Peer, Wish } from "./peer.ts";
import type { Random } from "./random.ts";
import { type Fault, insist, rest, type Stage, withPeer } from "./stage.ts";

/** What an operator does to peers, and peers to their channels, while others post. */
export const rightsFaults = {
  "rights narrowed": (stage, random) => narrowed(stage, random),
  "channel left": async (stage, random) => {
    const peer = random.pick(stage.peers);
    stage.outside.add(peer);
    await asked(stage, peer, `leave ${changingChannel}`);
    await rest(stage, random.below(2_000));
    stage.outside.delete(peer);
    await asked(stage, peer, `join ${changingChannel}`);
  },
  "credential revoked": (stage, random) =>
    withPeer(stage, random, async (peer) => {
      const { name } = peer.actor;
      const order = { peer: name, right: "all" } as const;
      stage.note({ note: "ordering", ...order, may: false });
      const stopped = peer.stopped();
      await insist(stage, `cotal revoke ${name}`, () => stage.mesh.order("revoke", name, "--yes"));
      stage.note({ note: "ordered", ...order, may: false });
      const code = await within(stage, stopped);
      if (code !== "auth-refused")
        stage.onViolation({
          of: "right",
          text: `${name} was revoked, and has not stopped by that (${code})`,
        });
      await rest(stage, random.below(1_500));
      stage.note({ note: "ordering", ...order, may: true });
      await insist(stage, `cotal mint ${name}`, () => stage.mesh.order("mint", name));
      stage.note({ note: "ordered", ...order, may: true });
      await peer.kill();
      await peer.start();
      await peer.ask("speak");
    }),
} as const satisfies Readonly<Record<string, Fault>>;

type Side = "read" | "post";

async function narrowed(stage: Stage, random: Random): Promise<void> {
  const peer = random.pick(stage.peers);
  // Other rights come with another credential, which lives longer than the one that is to end.
  if (stage.taken.has(peer)) return;
  stage.changing.add(peer);
  try {
    await narrowAndWiden(stage, random, peer);
  } finally {
    stage.changing.delete(peer);
  }
}

async function narrowAndWiden(stage: Stage, random: Random, peer: Peer): Promise<void> {
  const sides = random.pick<readonly Side[]>([["read"], ["post"], ["read", "post"]]);
  await allow(stage, peer, sides, false);
  await rest(stage, random.below(2_500));
  await allow(stage, peer, sides, true);
  // More rights cost no connection: they hold for the next one.
  await asked(stage, peer, "reconnect");
  if (sides.includes("read")) await asked(stage, peer, `join ${changingChannel}`);
}

async function allow(stage: Stage, { actor }: Peer, sides: readonly Side[], may: boolean): Promise<void> {
  const { name } = actor;
  const noted = (note: Order["note"], settled = false): void => {
    for (const right of sides) stage.note({ note, peer: name, right, may, settled });
  };
  const words = ["acl", may ? "set" : "narrow", name, ...flagsOf(actor, sides, may)];
  noted("ordering");
  await insist(stage, `cotal ${words.join(" ")}`, async () => {
    const { settled } = await stage.mesh.order(...words);
    noted("ordered", settled === "by-leader");
  });
}

function flagsOf({ channels }: Actor, sides: readonly Side[], may: boolean): readonly string[] {
  const listed = channels.filter((channel) => may || channel !== changingChannel).join(",");
  return sides.flatMap((side) => [side === "read" ? "--allow-subscribe" : "--allow-publish", listed]);
}

/** It may be killed meanwhile; who comes in its place is asked again. */
async function asked(stage: Stage, peer: Peer, wish: Wish): Promise<void> {
  await insist(stage, `"${wish}" by ${peer.actor.name}`, async () => {
    const answer = await within(
      stage,
      peer.ask(wish).then(() => "done"),
    );
    if (answer !== "done") throw new Error("it does not answer");
  });
}

const mostMs = 60_000;

/** The answer, or `not yet` after a minute. */
export async function within(stage: Stage, answer: Promise<string>): Promise<string> {
  const late = new AbortController();
  const { signal } = late;
  const tooLate = rest({ signal: AbortSignal.any([stage.signal, signal]) }, mostMs).then(() => "not yet");
  try {
    return await Promise.race([answer, tooLate]);
  } finally {
    late.abort();
    await Promise.allSettled([tooLate]);
  }
}
