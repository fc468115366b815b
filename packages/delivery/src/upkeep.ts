import type { MemberPlace } from "@cotal/registries";
import type { Scope } from "@cotal/session";
import { CotalError, type OwnerId } from "@cotal/subjects";
import { createDirectExpiry } from "./direct-expiry.ts";
import { forgetEnded } from "./ended-members.ts";
import type { Change } from "./knowledge.ts";
import type { OrderQueue } from "./order-queue.ts";
import { listeners, tellGaps } from "./owed-gaps.ts";
import { reconsider } from "./parked-reader.ts";
import { isRetired, leftOver } from "./retired.ts";
import { settle } from "./rights-orders.ts";
import type { SettledAnswer } from "./shard.ts";
import type { ShardCore, Turn } from "./shard-core.ts";
import { endStray, strayAt } from "./stray-joins.ts";

/** What an actor does without being asked. */
export interface Upkeep {
  note(change: Change): void;
  /** Looks at the parked entries of an owner, in a turn. */
  reconsider(owner: OwnerId): void;
  tellGaps(owner: OwnerId): Promise<void>;
  /** Rights that were settled in a turn need not be settled for the change that it makes. */
  settled(owner: OwnerId, settling: Promise<SettledAnswer>): Promise<SettledAnswer>;
  /** Looks now and then whether anything is due, first of all what is left of those who are retired. */
  keepTime(scope: Scope): void;
}

export interface UpkeepDeps {
  readonly orders: OrderQueue;
  /** Removes all that is left of an owner. */
  readonly retire: (turn: Turn, owner: OwnerId) => Promise<SettledAnswer>;
  readonly onFailure: (error: unknown) => void;
}

const lookMs = 10_000;

/** What fails here ends the lead, and whoever takes over does it. */
export function createUpkeep(core: ShardCore, { orders, retire, onFailure }: UpkeepDeps): Upkeep {
  const { session, chat, stats, backlogs, members, parking, knowledge } = core;
  const unsettled = new Set<OwnerId>();
  const reconsidered = new Set<OwnerId>();
  /** Which rights of an owner were settled last. */
  const epochs = new Map<OwnerId, number>();

  const expiry = createDirectExpiry(core, orders);
  const soon = (work: (turn: Turn) => Promise<unknown>): void => void orders.add(work).catch(onFailure);
  const once = (owners: Set<OwnerId>, owner: OwnerId, work: (turn: Turn) => Promise<unknown>): void => {
    if (owners.has(owner)) return;
    owners.add(owner);
    soon((turn) => {
      owners.delete(owner);
      return work(turn);
    });
  };

  const settled: Upkeep["settled"] = async (owner, settling) => {
    const answer = await settling;
    epochs.set(owner, answer.epoch);
    return answer;
  };
  const settleSoon = (owner: OwnerId): void =>
    once(unsettled, owner, async (turn) => {
      const rights = knowledge.rights(owner);
      if (rights.kind === "unknown" || rights.epoch === epochs.get(owner)) return;
      const work = isRetired(core, owner) ? retire(turn, owner) : settled(owner, settle(core, turn, owner));
      await work.catch(unlessUnknown);
    });
  const reconsiderSoon = (owner: OwnerId): void => {
    if (parking.of(owner)) once(reconsidered, owner, (turn) => reconsider(core, turn, owner));
  };
  const endStraySoon = (place: MemberPlace): void => {
    if (strayAt(core, place)) soon((turn) => endStray(core, turn, place));
  };
  const tell = (owner: OwnerId): Promise<void> => orders.add((turn) => tellGaps(core, turn, owner));

  return {
    note: (change) => {
      if (!members.isLocal(change.owner)) return;
      if (change.kind === "acl") return settleSoon(change.owner);
      members.forget(change.channel);
      endStraySoon(change);
      reconsiderSoon(change.owner);
    },
    reconsider: reconsiderSoon,
    tellGaps: tell,
    settled,
    keepTime: (scope) => {
      soon(async () => {
        for (const owner of await leftOver(core)) soon((turn) => retire(turn, owner));
      });
      scope.every(lookMs, "look", async () => {
        const { firstSeq, lastSeq } = await chat.bounds();
        stats.chatLast = lastSeq;
        stats.oldestUnacked = await backlogs.oldest(session.brokerClock.now());
        for (const owner of await listeners(core)) await tell(owner);
        await expiry.look();
        soon(async ({ position }) => {
          await backlogs.relieve();
          await backlogs.age(session.brokerClock.now());
          await forgetEnded(core, Math.min(firstSeq, position + 1));
        });
      });
    },
  };
}

/** Rights that have become unknown are nothing to settle. */
function unlessUnknown(error: unknown): void {
  if (!(error instanceof CotalError && error.code === "acl-unknown")) throw error;
}
