import { header } from "../src/index.ts";
import { digestOf, type Entry, type Genuine } from "./fuzz-world.ts";
import { space } from "./peers.ts";
import { now } from "./posts.ts";

const allowedOnPosts = /^(Nats-Msg-Id|Nats-Expected-.*|Cotal-.*)$/;
const allowedOnCopies = /^(Nats-TTL|Nats-Batch-(Id|Sequence|Commit)|Nats-Expected-.*|Cotal-.*)$/;
const twoMinutes = 120_000;

/** All that was really published, by subject, moment of signing and body. */
export type Published = ReadonlyMap<string, Genuine>;

export function published(pool: readonly Genuine[]): Published {
  return new Map(pool.map((post) => [keyOf(post.subject, post.signedAt, post.bytes), post]));
}

function keyOf(subject: string, signedAt: number | string, bytes: Uint8Array): string {
  return `${subject} ${signedAt} ${digestOf(bytes)}`;
}

/** Why this entry must not be taken, found without the checks of the package; nothing when it must be taken. */
export function objectionTo(entry: Entry, pool: Published): string | undefined {
  const { headers, bytes } = entry;
  const post = pool.get(keyOf(publishedUnder(entry), headers[header.signedAt] ?? "", bytes));
  if (!post) return "nobody published this body under this subject at this moment";
  const objections: Readonly<Record<string, boolean>> = {
    "the signature is another": headers[header.signature] !== post.headers[header.signature],
    "the path is another": headers[header.path] !== post.headers[header.path],
    "it is not fresh": Math.abs(momentOf(entry) - post.signedAt) > twoMinutes,
    "it does not belong on this path": !isRouted(entry),
    "the dedupe id is another": (headers[header.dedupeId] ?? dedupeIdOf(post)) !== dedupeIdOf(post),
    "a header is foreign": !hasKnownHeaders(entry),
    "it is no whole copy": isCopy(entry) && !isWholeCopy(entry),
  };
  return Object.keys(objections).find((text) => objections[text]);
}

/** Who sent it and to what kind of address, by position in the subject. */
export function originOf(entry: Entry): object {
  const tokens = publishedUnder(entry).split(".");
  if (tokens[2] === "chat") return { kind: "channel", sender: tokens[3], channel: tokens.slice(4).join(".") };
  return { kind: tokens[2] === "inst" ? "dm" : "anycast", sender: tokens[4], channel: undefined };
}

function isCopy({ subject }: Entry): boolean {
  return subject.split(".")[2] === "dlv";
}

function publishedUnder(entry: Entry): string {
  return isCopy(entry) ? (entry.headers[header.copySubject] ?? "") : entry.subject;
}

function momentOf(entry: Entry): number {
  return isCopy(entry) ? Number(entry.headers[header.copyStoredAt]) : (entry.storedAt ?? now);
}

function dedupeIdOf(post: Genuine): string | undefined {
  return post.headers[header.dedupeId];
}

function hasKnownHeaders(entry: Entry): boolean {
  const allowed = isCopy(entry) ? allowedOnCopies : allowedOnPosts;
  return Object.keys(entry.headers).every((name) => allowed.test(name));
}

function isWholeCopy({ headers }: Entry): boolean {
  const numbers = [headers[header.copySeq], headers[header.copyStoredAt], headers[header.copyGeneration]];
  const whole = numbers.every((value) => value !== undefined && /^(0|[1-9]\d{0,15})$/.test(value));
  const [reason, letter] = [headers[header.copyReason] ?? "", headers[header.letter]];
  const isExplained =
    reason === "replay"
      ? /^[\w-]{1,64}$/.test(letter ?? "")
      : ["member", "mention"].includes(reason) && !letter;
  return whole && isExplained && headers[header.gap] === undefined;
}

function isRouted(entry: Entry): boolean {
  const { subject, route } = entry;
  const [root, given, kind, first, ...rest] = subject.split(".");
  if (root !== "cotal" || given !== space || route.space !== space) return false;
  const channel = publishedUnder(entry).split(".").slice(4).join(".");
  switch (route.kind) {
    case "channel":
      return kind === "chat" && route.covers(channel as Parameters<typeof route.covers>[0]);
    case "dm":
      return kind === "inst" && first === route.owner;
    case "anycast":
      return kind === "svc" && first === route.role;
    case "backstop":
      return kind === "dlv" && first === route.owner && rest.join(".") === channel;
  }
}
