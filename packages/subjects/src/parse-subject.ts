import type { StoredSubject, Subject } from "./subject.ts";
import { SubjectCursor } from "./subject-cursor.ts";
import type { Token } from "./token.ts";

/** The one reader of subjects: `null` for anything that `formatSubject` would not have written. Never throws. */
export function parseSubject(text: string): Subject | null {
  const slot = slotOf(text);
  const recent = recentlyRead[slot];
  if (recent !== undefined && recent.text === text) return recent.subject;
  const subject = readAll(text);
  if (subject !== null) recentlyRead[slot] = { text, subject: subject };
  return subject;
}

/**
 * What was read lately, at a place computed from some of its characters. Traffic repeats the same sender
 * and channel over and over, and comparing a subject with a known one costs a tenth of reading it.
 */
const recentlyRead: ({ text: string; subject: Subject } | undefined)[] = new Array(4096).fill(undefined);

/** Mixes the tail, where channels differ, with a few characters from where the ids stand. */
function slotOf(text: string): number {
  const length = text.length;
  let hash = length;
  for (let at = length > 10 ? length - 10 : 0; at < length; at++) hash = mix(hash, text.charCodeAt(at));
  for (let at = 20; at < 60 && at < length; at += 8) hash = mix(hash, text.charCodeAt(at));
  return (hash ^ (hash >>> 15)) & (recentlyRead.length - 1);
}

function mix(hash: number, code: number): number {
  return (Math.imul(hash, 31) + code) | 0;
}

function readAll(text: string): Subject | null {
  const cursor = new SubjectCursor(text);
  return cursor.skip("in.") ? ingest(cursor) : plain(cursor);
}

function plain(cursor: SubjectCursor): Subject | null {
  if (!cursor.skip("cotal.")) return null;
  const space = cursor.token();
  if (space === null) return null;
  if (cursor.skip("chat.")) return chat(cursor, space);
  if (cursor.skip("inst.")) return inst(cursor, space);
  if (cursor.skip("svc.")) return svc(cursor, space);
  if (cursor.skip("ctl.")) return ctl(cursor, space);
  if (cursor.isRest("presence.digest")) return { kind: "digest", space };
  return stored(cursor, space);
}

function chat(cursor: SubjectCursor, space: Token): Subject | null {
  const sender = cursor.owner();
  const channel = sender && cursor.channel();
  return channel ? { kind: "chat", space, sender, channel } : null;
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
  const nonce = cursor.skip("reply.") ? cursor.token() : null;
  return nonce && cursor.atEnd() ? { kind: "reply", space, service, sender, nonce } : null;
}

function stored(cursor: SubjectCursor, space: Token): StoredSubject | null {
  if (cursor.skip("dlv.")) {
    const owner = cursor.owner();
    const channel = owner && cursor.channel();
    return channel ? { kind: "dlv", space, owner, channel } : null;
  }
  if (cursor.skip("dinbox.")) {
    const owner = cursor.owner();
    return owner && cursor.atEnd() ? { kind: "dinbox", space, owner } : null;
  }
  const shard = cursor.skip("ckpt.") ? cursor.shard() : null;
  return shard !== null && cursor.atEnd() ? { kind: "ckpt", space, shard } : null;
}

function ingest(cursor: SubjectCursor): Subject | null {
  const secret = cursor.token();
  const shard = secret === null ? null : cursor.shard();
  if (secret === null || shard === null || !cursor.skip("cotal.")) return null;
  const space = cursor.token();
  const target = space && stored(cursor, space);
  return target ? { kind: "ingest", secret, shard, stored: target } : null;
}
