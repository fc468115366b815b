import { randomFillSync } from "node:crypto";
import { CotalError, type OwnerId, quoted } from "@cotal/subjects";
import { idPattern } from "./grammar.ts";

/** Random bytes ahead of their use: to ask for many at once costs hardly more than for a few. */
const pool = Buffer.alloc(4096);
const idBytes = 16;
let used: number = pool.length;

/** A message id that nobody can guess or meet by chance: 128 random bits. */
export function freshId(): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += idBytes;
  return pool.toString("base64url", used - idBytes, used);
}

export function asMessageId(text: string): string {
  if (idPattern.test(text)) return text;
  throw new CotalError("invalid-id", `${quoted(text)} is not a message id`, {
    hint: 'use 1–128 letters, digits, ".", "_", ":" or "-"',
  });
}

/** What the broker de-duplicates by. It carries the sender, so that no peer can swallow the post of another. */
export function dedupeId(sender: OwnerId, id: string): string {
  return `${sender}:${id}`;
}

/** Whether `text` is the dedupe id of this message. It is looked at in pieces: joining them would cost more. */
export function isDedupeId(
  text: string,
  { sender, id }: { readonly sender: OwnerId; readonly id: string },
): boolean {
  const colon = sender.length;
  return (
    text.length === colon + 1 + id.length &&
    text.charCodeAt(colon) === 58 &&
    text.slice(0, colon) === sender &&
    text.slice(colon + 1) === id
  );
}
