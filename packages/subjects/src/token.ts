import { inBase32, inToken, isRun } from "./alphabet.ts";
import { CotalError } from "./error.ts";

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** One subject token: letters, digits, underscore, hyphen; 1–64 characters. */
export type Token = Branded<"Token">;
/** The public key of an nkey user: card id, sender token, durable suffix and JWT subject in one. */
export type OwnerId = Branded<"OwnerId">;

/** What a token names; it only words the refusal. */
export type TokenUse = "space" | "role" | "service" | "secret" | "nonce" | "name" | "letter";

export const maxTokenLength = 64;
export const ownerIdLength = 56;

export function isToken(text: unknown): text is Token {
  return typeof text === "string" && text.length <= maxTokenLength && isRun(inToken, text);
}

export function isOwnerId(text: unknown): text is OwnerId {
  return (
    typeof text === "string" && text.length === ownerIdLength && text[0] === "U" && isRun(inBase32, text)
  );
}

/** Refuses rather than rewrites: two different names must never become one. */
export function asToken(use: TokenUse, text: string): Token {
  if (isToken(text)) return text;
  const rule = `use 1–${maxTokenLength} letters, digits, "_" or "-"`;
  // A secret is not repeated, not even one that is refused.
  const shown = use === "secret" ? "the given text" : quoted(text);
  const hint = use === "secret" ? rule : `${rule}; for example ${quoted(token(shownText(text)))}`;
  throw new CotalError("bad-token", `${shown} is not a valid ${use}`, { hint, data: { use } });
}

export function asOwnerId(text: string): OwnerId {
  if (isOwnerId(text)) return text;
  throw new CotalError("bad-owner", `${quoted(text)} is not a peer id`, {
    hint: "a peer id is the 56-character public key that begins with U",
  });
}

/** A readable token made from any text. Lossy: for display, never for a resource or a right. */
export function token(text: string): string {
  return text.slice(0, maxTokenLength).replace(/[^A-Za-z0-9_-]/g, "_") || "_";
}

const maxQuoted = 80;

/** Any value as an error message may show it: quoted, bounded, one line, nothing that steers a terminal. */
export function quoted(value: unknown): string {
  const text = shownText(value);
  const short = text.length > maxQuoted ? `${text.slice(0, maxQuoted - 3)}...` : text;
  return JSON.stringify(short).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, escaped);
}

function escaped(character: string): string {
  return `\\u{${character.codePointAt(0)?.toString(16)}}`;
}

/** Of an object only its type: its own conversion to text is code of somebody else. */
export function shownText(value: unknown): string {
  return Object(value) === value ? typeof value : String(value);
}
