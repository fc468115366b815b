import type { StoredSubject, Subject } from "./subject.ts";
import { SubjectCursor } from "./subject-cursor.ts";
import type { Token } from "./token.ts";

/**
 * The one reader of subjects: `null` for anything that `formatSubject` would not have written.
 * It never throws, and its answers are frozen, because equal subjects may share one.
 */
export function parseSubject(text: string): Subject | null {
  const hash = sampleHash(text);
  const slot = (hash ^ (hash >>> 15)) & (slots - 1);
  const recent = recentlyRead[slot];
  if (recent !== undefined && recent.text === text) return recent.subject;
  const subject = read(text);
  if (subject === null) return null;
  Object.freeze(subject);
  // An ingest subject carries a secret, which is not kept.
  if (lastHash[slot] === hash && subject.kind !== "ingest") recentlyRead[slot] = { text, subject };
  lastHash[slot] = hash;
  return subject;
}

/**
 * What was read lately, at a place computed from some of its characters. Traffic repeats the same sender and
 * channel over and over, and comparing a subject with a known one costs a fifth of reading it. A subject is
 * kept when its hash comes twice in a row: what comes once, as replies do, displaces nothing.
 */
const slots = 4096;
const recentlyRead: ({ text: string; subject: Subject } | undefined)[] = new Array(slots).fill(undefined);
const lastHash = new Int32Array(slots);

/** Mixes the tail, where channels differ, with a few characters spread over the rest, where ids do. */
function sampleHash(text: string): number {
  const tail = Math.max(text.length - 12, 0);
  const stride = (text.length >>> 3) + 1;
  let hash = text.length;
  for (let at = tail; at < text.length; at++) hash = mix(hash, text.charCodeAt(at));
  for (let at = stride; at < tail; at += stride) hash = mix(hash, text.charCodeAt(at));
  return hash;
}

function mix(hash: number, code: number): number {
  return (Math.imul(hash, 31) + code) | 0;
}

function read(text: string): Subject | null {
  const cursor = new SubjectCursor(text);
  const root = cursor.word();
  if (root === "cotal") return inSpace(cursor);
  return root === "in" ? ingest(cursor) : null;
}

function inSpace(cursor: SubjectCursor): Subject | null {
  const space = cursor.token();
  if (space === null) return null;
  const kind = cursor.word();
  switch (kind) {
    case "chat":
      return chat(cursor, space);
    case "inst":
      return inst(cursor, space);
    case "svc":
      return svc(cursor, space);
    case "ctl":
      return ctl(cursor, space);
    case "presence":
      return cursor.word() === "digest" && cursor.atEnd() ? { kind: "digest", space } : null;
    default:
      return stored(cursor, space, kind);
  }
}

function chat(cursor: SubjectCursor, space: Token): Subject | null {
  const sender = cursor.owner();
  const channel = sender && cursor.channel();
  return channel && { kind: "chat", space, sender, channel };
}

function inst(cursor: SubjectCursor, space: Token): Subject | null {
  const target = cursor.owner();
  const sender = target && cursor.owner();
  return sender && cursor.atEnd() ? { kind: "inst", space, target, sender } : null;
}

function svc(cursor: SubjectCursor, space: Token): Subject | null {
  const role = cursor.token();
  const sender = role && cursor.owner();
  return sender && cursor.atEnd() ? { kind: "svc", space, role, sender } : null;
}

function ctl(cursor: SubjectCursor, space: Token): Subject | null {
  const service = cursor.token();
  const sender = service && cursor.owner();
  if (!sender) return null;
  if (cursor.atEnd()) return { kind: "ctl", space, service, sender };
  const nonce = cursor.word() === "reply" ? cursor.token() : null;
  return nonce && cursor.atEnd() ? { kind: "reply", space, service, sender, nonce } : null;
}

function stored(cursor: SubjectCursor, space: Token, kind: string | null): StoredSubject | null {
  switch (kind) {
    case "dlv": {
      const owner = cursor.owner();
      const channel = owner && cursor.channelOrLane();
      return channel && { kind, space, owner, channel };
    }
    case "dinbox": {
      const owner = cursor.owner();
      return owner && cursor.atEnd() ? { kind, space, owner } : null;
    }
    case "ckpt": {
      const shard = cursor.shard();
      return shard !== null && cursor.atEnd() ? { kind, space, shard } : null;
    }
    default:
      return null;
  }
}

function ingest(cursor: SubjectCursor): Subject | null {
  const secret = cursor.token();
  const shard = secret && cursor.shard();
  const space = shard !== null && cursor.word() === "cotal" ? cursor.token() : null;
  const target = space && stored(cursor, space, cursor.word());
  if (!secret || shard === null || !target) return null;
  return { kind: "ingest", secret, shard, stored: Object.freeze(target) };
}
