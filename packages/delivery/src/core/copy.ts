import type { BatchMessage } from "@cotal/session";
import {
  type Channel,
  type DirectLane,
  formatSubject,
  type OwnerId,
  type StoredSubject,
  type Token,
} from "@cotal/subjects";
import { type GapMarker, header } from "@cotal/wire";
import { headers, type MsgHdrs } from "@nats-io/nats-core";
import type { Post } from "./post.ts";
import type { Due } from "./route.ts";

/** Through which the stream of a shard is written. */
export interface Ingest {
  readonly space: Token;
  readonly shard: number;
  readonly secret: Token;
}

/** A message for the stream of a shard, with what it takes there. */
export interface Outgoing {
  readonly owner: OwnerId;
  readonly message: BatchMessage;
  readonly bytes: number;
  /** It takes the place of the message of the same subject in its batch. */
  readonly replaces?: boolean;
}

/** What a stored message takes besides its subject, headers and body. */
const frameBytes = 64;
const daySeconds = 86_400;

/** Where a message is published so that it is stored under `stored`. */
export function ingestSubject({ secret, shard }: Ingest, stored: StoredSubject): string {
  return formatSubject({ kind: "ingest", secret, shard, stored });
}

/** The copies of one post; they share the body, and those of one generation the headers. */
export function copiesOf(
  post: Post,
  { ingest, maxAgeMs }: { readonly ingest: Ingest; readonly maxAgeMs: number },
): (due: Due) => Outgoing {
  const shared = new Map<string, { readonly set: MsgHdrs; readonly bytes: number }>();
  const { space } = ingest;
  const { channel, bytes: data } = post;
  const headersFor = ({ reason, generation }: Due): { readonly set: MsgHdrs; readonly bytes: number } => {
    const key = `${reason} ${generation}`;
    const known = shared.get(key);
    if (known) return known;
    const made = toHeaders([
      ...post.headers,
      [header.copySubject, post.subject],
      [header.copySeq, String(post.seq)],
      [header.copyStoredAt, String(post.storedAt)],
      [header.copyGeneration, String(generation)],
      [header.copyReason, reason],
      ["Nats-TTL", ttl(maxAgeMs)],
    ]);
    shared.set(key, made);
    return made;
  };
  return (due) => {
    const { set, bytes } = headersFor(due);
    const { owner } = due;
    const subject = ingestSubject(ingest, { kind: "dlv", space, owner, channel });
    const message = { subject, headers: set, data };
    return { owner, message, bytes: frameBytes + subject.length + bytes + data.byteLength };
  };
}

/** Tells an owner what it will not get. `address` is the channel of the gap, if it has one. */
export function gapMessage(
  gap: GapMarker,
  {
    ingest,
    owner,
    address,
    maxAgeMs,
  }: {
    readonly ingest: Ingest;
    readonly owner: OwnerId;
    readonly address: Channel | DirectLane;
    readonly maxAgeMs: number;
  },
): Outgoing {
  const content = { fields: [[header.gap, "1"]] as const, data: Buffer.from(JSON.stringify(gap)) };
  return messageFor({ owner, channel: address, ...content }, { ingest, maxAgeMs });
}

/** What is kept for an owner, and stands in one place only. */
export function messageFor(
  { owner, channel, fields, data }: OwnMessage,
  { ingest, maxAgeMs }: { readonly ingest: Ingest; readonly maxAgeMs: number },
): Outgoing {
  const subject = ingestSubject(ingest, { kind: "dlv", space: ingest.space, owner, channel });
  const { set, bytes } = toHeaders([...fields, ["Nats-TTL", ttl(maxAgeMs)]]);
  const message = { subject, headers: set, data };
  return { owner, message, bytes: frameBytes + subject.length + bytes + data.byteLength };
}

export interface OwnMessage {
  readonly owner: OwnerId;
  readonly channel: Channel | DirectLane;
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly data: Uint8Array;
}

/** Whatever the worker should have aged out by then and has not. */
function ttl(maxAgeMs: number): string {
  return `${Math.ceil(maxAgeMs / 1000) + daySeconds}s`;
}

function toHeaders(fields: readonly (readonly [string, string])[]): {
  readonly set: MsgHdrs;
  readonly bytes: number;
} {
  const set = headers();
  let bytes = 0;
  for (const [name, value] of fields) {
    set.set(name, value);
    bytes += name.length + value.length + 4;
  }
  return { set, bytes };
}
