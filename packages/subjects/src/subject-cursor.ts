import { isOwnerRange, isTokenRange, tokenEnd } from "./alphabet.ts";
import { type Channel, isChannelFrom } from "./channel.ts";
import { maxShards } from "./shard.ts";
import { maxTokenLength, type OwnerId, type Token } from "./token.ts";

/**
 * Reads a subject from left to right, token by token. Each step either takes what it names or
 * leaves `null`; no step throws.
 */
export class SubjectCursor {
  readonly #text: string;
  /** Where the next token begins; one past the text when all are taken. */
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** Takes `literal` when it comes next; it ends with a dot. */
  skip(literal: string): boolean {
    const end = this.#at + literal.length;
    if (this.#text.slice(this.#at, end) !== literal) return false;
    this.#at = end;
    return true;
  }

  isRest(literal: string): boolean {
    return this.#text.slice(this.#at) === literal;
  }

  atEnd(): boolean {
    return this.#at > this.#text.length;
  }

  token(): Token | null {
    const end = tokenEnd(this.#text, this.#at);
    const fits = end - this.#at <= maxTokenLength && isTokenRange(this.#text, this.#at, end);
    return fits ? (this.#take(end) as Token) : null;
  }

  owner(): OwnerId | null {
    const end = tokenEnd(this.#text, this.#at);
    return isOwnerRange(this.#text, this.#at, end) ? (this.#take(end) as OwnerId) : null;
  }

  shard(): number | null {
    const end = tokenEnd(this.#text, this.#at);
    const digits = this.#text.slice(this.#at, end);
    const value = Number(digits);
    if (value >= maxShards || String(value) !== digits || !/^\d+$/.test(digits)) return null;
    this.#at = end + 1;
    return value;
  }

  /** Takes the rest as a channel. */
  channel(): Channel | null {
    return isChannelFrom(this.#text, this.#at) ? (this.#take(this.#text.length) as Channel) : null;
  }

  #take(end: number): string {
    const taken = this.#text.slice(this.#at, end);
    this.#at = end + 1;
    return taken;
  }
}
