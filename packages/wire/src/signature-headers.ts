import { type HeaderValues, header, wholeFrom } from "./headers.ts";
import { maxPathLength } from "./merkle.ts";

/** What a signed message carries in its headers. */
export interface Signature {
  readonly signedAt: number;
  readonly signature: Uint8Array;
  /** Siblings up to the root of the burst; empty for a lone message. */
  readonly path: readonly Uint8Array[];
}

export function signatureHeaders({ signedAt, signature, path }: Signature): Record<string, string> {
  return {
    [header.signature]: toText(signature),
    [header.signedAt]: String(signedAt),
    ...(path.length > 0 && { [header.path]: toText(Buffer.concat(path)) }),
  };
}

/** `unsigned` without the two headers that are always there; `null` for what no signer writes. */
export function readSignature(headers: HeaderValues): Signature | "unsigned" | null {
  if (headers.signature === undefined || headers.signedAt === undefined) return "unsigned";
  const signedAt = wholeFrom(headers.signedAt);
  const signature = fromText(headers.signature, 64);
  const path = headers.path === undefined ? [] : readPath(headers.path);
  return signedAt === undefined || signature?.byteLength !== 64 || path === null
    ? null
    : { signedAt, signature, path };
}

function readPath(text: string): Uint8Array[] | null {
  const bytes = fromText(text, maxPathLength * 32);
  if (bytes === null || bytes.byteLength === 0 || bytes.byteLength % 32 !== 0) return null;
  return Array.from({ length: bytes.byteLength / 32 }, (_, at) => bytes.subarray(at * 32, at * 32 + 32));
}

function toText(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64url");
}

/** The bytes, or `null` when `toText` would not have written this, or when they are too many. */
function fromText(text: string, maxBytes: number): Uint8Array | null {
  if (text.length > Math.ceil((maxBytes * 4) / 3)) return null;
  const bytes = Buffer.from(text, "base64url");
  return bytes.toString("base64url") === text ? bytes : null;
}
