import { DOT, inBase32, inToken, runEnd } from "./alphabet.ts";
import { type Channel, isChannel } from "./channel.ts";
import { maxShards } from "./shard.ts";
import { type DirectLane, directLane } from "./subject.ts";
import { maxTokenLength, type OwnerId, ownerIdLength, type Token } from "./token.ts";

/**
 * Reads a subject from left to right, each character once. Each step either takes the next token or
 * answers `null`, after which the cursor is of no more use; no step throws.
 */
export class SubjectCursor {
  readonly #text: string;
  /** Where the next token begins; one past the text when all are taken. */
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** The next token, of any length. */
  word(): string | null {
    return this.#next(inToken);
  }

  token(): Token | null {
    const text = this.#next(inToken);
    return text !== null && text.length <= maxTokenLength ? (text as Token) : null;
  }

  owner(): OwnerId | null {
    const text = this.#next(inBase32);
    return text !== null && text.length === ownerIdLength && text[0] === "U" ? (text as OwnerId) : null;
  }

  /** A shard number has one form: no sign, no leading zero. */
  shard(): number | null {
    const digits = this.#next(inToken);
    const value = Number(digits);
    return value >= 0 && value < maxShards && String(value) === digits ? value : null;
  }

  /** Takes the rest as a channel. */
  channel(): Channel | null {
    const rest = this.#text.slice(this.#at);
    this.#at = this.#text.length + 1;
    return isChannel(rest) ? rest : null;
  }

  /** Takes the rest as a channel, or as what stands in the place of one. */
  channelOrLane(): Channel | DirectLane | null {
    return this.#text.startsWith(directLane, this.#at) && this.#text.length === this.#at + directLane.length
      ? directLane
      : this.channel();
  }

  atEnd(): boolean {
    return this.#at > this.#text.length;
  }

  #next(bit: number): string | null {
    const text = this.#text;
    const start = this.#at;
    const end = runEnd(bit, text, start);
    if (end === start || (end < text.length && text.charCodeAt(end) !== DOT)) return null;
    this.#at = end + 1;
    return text.slice(start, end);
  }
}
