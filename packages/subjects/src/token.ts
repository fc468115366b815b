import { isOwnerRange, isTokenRange } from "./alphabet.ts";
import { CotalError } from "./error.ts";

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** One subject token: letters, digits, underscore, hyphen; 1–64 characters. */
export type Token = Branded<"Token">;
/** The public key of an nkey user: card id, sender token, durable suffix and JWT subject in one. */
export type OwnerId = Branded<"OwnerId">;

/** What a token names; it only words the refusal. */
export type TokenUse = "space" | "role" | "service" | "secret" | "nonce";

export const maxTokenLength = 64;

export function isToken(text: unknown): text is Token {
  return typeof text === "string" && text.length <= maxTokenLength && isTokenRange(text, 0, text.length);
}

export function isOwnerId(text: unknown): text is OwnerId {
  return typeof text === "string" && isOwnerRange(text, 0, text.length);
}

/** Refuses rather than rewrites: two different names must never become one. */
export function asToken(use: TokenUse, text: string): Token {
  if (isToken(text)) return text;
  throw new CotalError("bad-token", `${quoted(text)} is not a valid ${use}`, {
    hint: `use 1–${maxTokenLength} letters, digits, "_" or "-"; for example ${quoted(token(String(text)))}`,
    data: { use },
  });
}

export function asOwnerId(text: string): OwnerId {
  if (isOwnerId(text)) return text;
  throw new CotalError("bad-owner", `${quoted(text)} is not a peer id`, {
    hint: "a peer id is the 56-character public key that begins with U",
  });
}

/** A readable token made from any text. Lossy: for display, never for a resource or a right. */
export function token(text: string): string {
  return text.replace(/[^A-Za-z0-9_-]/g, "_").slice(0, maxTokenLength) || "_";
}

/** A value as an error message may show it: quoted, single line, bounded. */
export function quoted(value: unknown): string {
  const text = typeof value === "string" ? value : String(value);
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 77)}...` : text);
}
