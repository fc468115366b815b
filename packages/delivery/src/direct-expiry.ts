import type { AclRecord, Lookup } from "@cotal/registries";
import { requestApi, type Session } from "@cotal/session";
import {
  directLane,
  formatPattern,
  type OwnerId,
  parseSubject,
  streamName,
  type Token,
} from "@cotal/subjects";
import type { GapMarker } from "@cotal/wire";
import type { Outgoing } from "./core/copy.ts";
import type { OrderQueue } from "./order-queue.ts";
import type { ShardCore, Turn } from "./shard-core.ts";
import { shardFault } from "./shard-fault.ts";

/** Direct messages that nobody has handled go before the broker takes them, because the broker tells nobody. */
export interface DirectExpiry {
  /** Looks whether anything is old enough, and removes it. */
  look(): Promise<void>;
}

/** Of so many targets in one turn; the others of the shard do not wait longer. */
const atOnce = 100;

export function createDirectExpiry(core: ShardCore, orders: OrderQueue): DirectExpiry {
  const { session, place, directAges } = core;
  let doneUpTo = 0;
  return {
    look: async () => {
      const { state, ts } = await infoOf(session, place.space);
      const [firstSeq, lastSeq] = [state.first_seq, state.last_seq];
      const [now, firstAt] = [Date.parse(ts), Date.parse(state.first_ts)];
      const toSeq = directAges.note({ now, firstSeq, firstAt, lastSeq });
      if (toSeq < firstSeq || toSeq <= doneUpTo) return;
      const targets = await targetsOf(core);
      for (let at = 0; at < targets.length; at += atOnce) {
        const some = targets.slice(at, at + atOnce);
        await orders.add((turn) => expire(core, turn, { targets: some, fromSeq: firstSeq, toSeq }));
      }
      doneUpTo = toSeq;
    },
  };
}

interface Expiring {
  readonly targets: readonly OwnerId[];
  readonly fromSeq: number;
  readonly toSeq: number;
}

/**
 * I7: no message is read, so whose they are shows only when they are removed. Everybody is told first that something
 * may be gone, and to whom nothing was it is taken back in the same turn, before it is heard.
 */
async function expire(core: ShardCore, turn: Turn, { targets, fromSeq, toSeq }: Expiring): Promise<void> {
  const { session, parking, stats, knowledge } = core;
  const gapOf = (count: number): GapMarker => ({ channel: directLane, fromSeq, toSeq, count, reason: "age" });
  // What was sent to nobody is missed by nobody.
  const known = targets.filter((owner) => isSomebody(knowledge.acl(owner)));
  const before = new Map(known.map((owner) => [owner, parking.gapsOf(owner)]));
  await turn.commit(known.map((owner) => parking.owe(owner, [gapOf(1)])));
  await session.faults.reach(shardFault.betweenMarkerAndPurge);
  const corrected: Outgoing[] = [];
  for (const owner of targets) {
    const count = await purge(core, owner, toSeq);
    const gaps = before.get(owner);
    if (!gaps) continue;
    const takenBack = parking.oweOnly(owner, gaps);
    corrected.push(count === 0 ? takenBack : parking.owe(owner, [gapOf(count)]));
    if (count > 0) stats.gaps++;
  }
  await turn.commit(corrected);
  for (const owner of known) if (!parking.holds(owner)) await core.stream.purgePointers(owner);
}

function isSomebody(acl: Lookup<AclRecord>): boolean {
  return acl.kind === "found" ? !acl.value.retired : acl.kind !== "absent";
}

async function purge({ session, place }: ShardCore, target: OwnerId, upTo: number): Promise<number> {
  const { space } = place;
  const filter = formatPattern({ kind: "inst", space, target, sender: "*" });
  // The broker takes the first sequence that stays.
  const order = { filter, seq: upTo + 1 };
  const subject = `STREAM.PURGE.${streamName.dm(space)}`;
  return (await requestApi<{ readonly purged: number }>(session, subject, order)).purged;
}

/** Of this shard, for whom anything is stored. */
async function targetsOf({ session, place, members }: ShardCore): Promise<readonly OwnerId[]> {
  const found = new Set<OwnerId>();
  for (let offset = 0, total = 1; offset < total; ) {
    const { state, total: all = 0 } = await infoOf(session, place.space, { subjects_filter: ">", offset });
    const subjects = Object.keys(state.subjects ?? {});
    for (const subject of subjects) {
      const parsed = parseSubject(subject);
      if (parsed?.kind === "inst" && members.isLocal(parsed.target)) found.add(parsed.target);
    }
    if (subjects.length === 0) break;
    offset += subjects.length;
    total = all;
  }
  return [...found];
}

interface StreamInfo {
  readonly ts: string;
  readonly total?: number;
  readonly state: {
    readonly first_seq: number;
    readonly first_ts: string;
    readonly last_seq: number;
    readonly subjects?: Readonly<Record<string, number>>;
  };
}

function infoOf(session: Session, space: Token, body?: object): Promise<StreamInfo> {
  return requestApi(session, `STREAM.INFO.${streamName.dm(space)}`, body);
}
