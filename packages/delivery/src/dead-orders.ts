import { createKeyedTurns } from "@cotal/session";
import { CotalError, directLane, type OwnerId } from "@cotal/subjects";
import { createSignatureVerifier, header, type Policy } from "@cotal/wire";
import { messageFor, type Outgoing } from "./core/copy.ts";
import {
  type Burial,
  type BuriedMessage,
  graveOf,
  type PostSubject,
  sentSubject,
} from "./core/dead-letter.ts";
import type { KeptLetter, LetterPlace } from "./dead-store.ts";
import { maxBytesOf } from "./max-bytes.ts";
import { aclUnknown, requireActive } from "./member-orders.ts";
import type { OrderQueue } from "./order-queue.ts";
import type { DeadListOrder, DeadRow, Letters } from "./shard.ts";
import type { ShardCore, Turn } from "./shard-core.ts";
import { shardFault } from "./shard-fault.ts";

/** For one owner one thing is done after the other. Nobody else waits for what is given up. */
export function createLetters(core: ShardCore, orders: OrderQueue): Letters {
  const { session } = core;
  const ofOwner = createKeyedTurns();
  const signatures = createSignatureVerifier({ now: session.brokerClock.now });
  const policy = { maxBytes: maxBytesOf(session), signatures };
  return {
    bury: (owner, burial) => ofOwner(owner, () => bury(core, { owner, burial, policy })),
    replay: (place) => ofOwner(place.owner, () => orders.add((turn) => replay(core, turn, place))),
    drop: (place) => ofOwner(place.owner, () => drop(core, place)),
    list: (order) => list(core, order),
  };
}

interface BuryOrder {
  readonly owner: OwnerId;
  readonly burial: Burial;
  readonly policy: Policy;
}

/** Said again, it changes nothing. */
async function bury(core: ShardCore, { owner, burial, policy }: BuryOrder): Promise<void> {
  const { session, place, dead, stats } = core;
  requireActive(core, owner);
  const { letter, sender, id } = graveOf(burial, { space: place.space, owner, policy });
  const { subject, reason, message } = burial;
  const buriedAt = Math.round(session.brokerClock.now());
  const gone = await dead.put(letter, { v: 1, owner, subject, sender, id, reason, message, buriedAt });
  try {
    requireActive(core, owner);
  } catch (error) {
    // It was retired meanwhile, and everything of it was removed before this came.
    await dead.remove({ owner, letter });
    throw error;
  }
  stats.dead++;
  if (gone > 0) core.onFault(gaveWay(owner, gone));
  await session.faults.reach(shardFault.beforeReply);
}

/**
 * Hands a dead letter out once more, to whom it was addressed, and removes it then. Whoever dies in between leaves
 * it listed: nothing is lost, and its owner knows the letter again.
 */
async function replay(core: ShardCore, turn: Turn, place: LetterPlace): Promise<void> {
  const { session, knowledge, dead } = core;
  const kept = await required(core, place);
  const { subject, message } = kept.record ?? {};
  const sent = subject === undefined ? undefined : sentSubject(subject);
  if (subject === undefined || !sent || !message) throw notReplayable(place);
  const acl = await knowledge.confirm(session, place.owner);
  if (acl.kind === "unknown") throw aclUnknown(place.owner);
  if (sent.kind === "chat" && !acl.covers(sent.channel)) throw notReadable(place);
  await turn.commit([copyOf(core, place, { sent, subject, message })]);
  await session.faults.reach(shardFault.betweenReplayAndRemoval);
  await dead.remove(place);
}

async function drop(core: ShardCore, place: LetterPlace): Promise<void> {
  if (!(await core.dead.remove(place))) throw missing(place);
}

/** In the order in which they were kept. */
async function list(
  { dead }: ShardCore,
  { owner, after, limit }: DeadListOrder,
): Promise<readonly DeadRow[]> {
  const rows: DeadRow[] = [];
  for (let seq = after + 1; rows.length < limit; ) {
    const kept = await dead.next(seq, owner);
    if (!kept) break;
    rows.push(rowOf(kept));
    seq = kept.seq + 1;
  }
  return rows;
}

function rowOf({ seq, owner, letter, bytes, record }: KeptLetter): DeadRow {
  const { reason = "undecodable", sender = "", subject = "", id, buriedAt = 0, message } = record ?? {};
  const replayable = message !== undefined;
  return { seq, owner, letter, bytes, reason, sender, subject, id, buriedAt, replayable };
}

async function required({ dead }: ShardCore, place: LetterPlace): Promise<KeptLetter> {
  const kept = await dead.get(place);
  if (!kept) throw missing(place);
  return kept;
}

interface Sent {
  readonly sent: PostSubject;
  readonly subject: string;
  readonly message: BuriedMessage;
}

function copyOf(
  { place, maxAgeMs }: ShardCore,
  { owner, letter }: LetterPlace,
  { sent, subject, message }: Sent,
): Outgoing {
  const { headers, storedAt, seq, body } = message;
  const fields = [
    ...headers,
    [header.copySubject, subject],
    [header.copySeq, String(seq)],
    [header.copyStoredAt, String(storedAt)],
    [header.copyGeneration, "0"],
    [header.copyReason, "replay"],
    [header.letter, letter],
  ] as const;
  const channel = sent.kind === "chat" ? sent.channel : directLane;
  return messageFor(
    { owner, channel, fields, data: Buffer.from(body, "base64") },
    { ingest: place, maxAgeMs },
  );
}

function missing({ owner, letter }: LetterPlace): CotalError {
  return new CotalError("letter-missing", `${owner} has no dead letter ${letter}`, {
    hint: "list its dead letters; it may have been replayed or dropped, or have given way to later ones",
    data: { owner, letter },
  });
}

function notReplayable({ owner, letter }: LetterPlace): CotalError {
  return new CotalError("not-replayable", `the dead letter ${letter} holds no message`, {
    hint: "ask its sender to send it again, or drop the letter",
    data: { owner, letter },
  });
}

function notReadable({ owner, letter }: LetterPlace): CotalError {
  return new CotalError("not-allowed", `${owner} may not read any more where the message was posted`, {
    hint: "drop the letter",
    data: { owner, letter },
  });
}

function gaveWay(owner: OwnerId, count: number): CotalError {
  return new CotalError("dead-full", `${count} dead letters of ${owner} gave way to a later one`, {
    hint: "see why it gives up so much, and replay or drop what is left",
    data: { owner, count },
  });
}
