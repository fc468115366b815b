import { CotalError } from "@cotal/subjects";
import { fromBase32, toBase32 } from "./base32.ts";
import { crc16 } from "./crc16.ts";

/** Whose key it is. The first letter of a public key says so, the second of a seed. */
export type NkeyKind = "operator" | "account" | "user" | "server";

const prefixes: Readonly<Record<NkeyKind, number>> = {
  operator: 14 << 3,
  account: 0,
  user: 20 << 3,
  server: 13 << 3,
};
const seedPrefix = 18 << 3;
const keyBytes = 32;

/** An Ed25519 public key, or the 32 bytes that a private one is made of, with its kind. */
export interface NkeyContent {
  readonly kind: NkeyKind;
  readonly raw: Uint8Array;
}

export function encodePublicNkey({ kind, raw }: NkeyContent): string {
  return encode([prefixes[kind]], raw, "bad-key");
}

/** Refuses everything but the one text of a public key. */
export function decodePublicNkey(text: string): NkeyContent {
  const content = readPublicNkey(text);
  if (content !== null) return content;
  throw new CotalError("bad-key", "this is not the public key of an nkey", {
    hint: "a public key is 56 letters and digits that begin with O, A, U or N",
  });
}

/** The same without a throw, for keys that strangers send. */
export function readPublicNkey(text: string): NkeyContent | null {
  const bytes = readChecked(text, 1 + keyBytes);
  const kind = bytes && kindOf(bytes[0] as number);
  return bytes && kind ? { kind, raw: bytes.subarray(1) } : null;
}

export function encodeSeed({ kind, raw }: NkeyContent): string {
  const prefix = prefixes[kind];
  return encode([seedPrefix | (prefix >> 5), (prefix & 31) << 3], raw, "bad-seed");
}

/** Refuses everything but the one text of a seed. The error never holds any of the text. */
export function decodeSeed(text: string): NkeyContent {
  const bytes = readChecked(text, 2 + keyBytes);
  const [first, second] = bytes ?? [0, 0];
  const kind = kindOf((((first as number) & 7) << 5) | ((second as number) >> 3));
  if (!bytes || ((first as number) & 248) !== seedPrefix || ((second as number) & 7) !== 0 || !kind) {
    throw new CotalError("bad-seed", "this is not the seed of an nkey", {
      hint: "a seed is 58 letters and digits that begin with SO, SA, SU or SN; it was copied incompletely or is another kind of key",
    });
  }
  return { kind, raw: bytes.subarray(2) };
}

function encode(prefix: readonly number[], raw: Uint8Array, code: "bad-key" | "bad-seed"): string {
  if (raw.byteLength !== keyBytes) {
    throw new CotalError(code, `a key has ${keyBytes} bytes, not ${raw.byteLength}`);
  }
  const content = Uint8Array.of(...prefix, ...raw);
  const sum = crc16(content);
  return toBase32(Uint8Array.of(...content, sum & 255, sum >> 8));
}

/** The content without its check sum; `null` when it is not there, not right or of another length. */
function readChecked(text: string, contentBytes: number): Uint8Array | null {
  if (text.length !== Math.ceil(((contentBytes + 2) * 8) / 5)) return null;
  const bytes = fromBase32(text);
  if (bytes === null) return null;
  const content = bytes.subarray(0, contentBytes);
  const sum = crc16(content);
  return bytes[contentBytes] === (sum & 255) && bytes[contentBytes + 1] === sum >> 8 ? content : null;
}

function kindOf(prefix: number): NkeyKind | null {
  const found = Object.entries(prefixes).find(([, value]) => value === prefix);
  return found ? (found[0] as NkeyKind) : null;
}
