import { exceedsJsonLimits, maxJsonDepth, maxJsonTokens } from "./json-scan.ts";

export type JsonBody =
  | { readonly kind: "json"; readonly value: unknown }
  | { readonly kind: "refused"; readonly reason: JsonRefusal };

export type JsonRefusal = "too-large" | "malformed-json" | "forbidden-key";

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Reads a body from the wire. Its cost is bounded by a multiple of its size, whatever it holds: what is
 * long enough to break a limit is scanned before it is parsed. Never throws.
 */
export function readJson(bytes: Uint8Array, maxBytes: number): JsonBody {
  if (bytes.byteLength > maxBytes) return refused("too-large");
  try {
    const text = decoder.decode(bytes);
    if (text.length > maxJsonTokens && exceedsJsonLimits(text)) return refused("too-large");
    const value: unknown = JSON.parse(text);
    const flaw = isContainer(value) ? flawOf(value, 1) : undefined;
    return flaw === undefined ? { kind: "json", value } : refused(flaw);
  } catch {
    return refused("malformed-json");
  }
}

function refused(reason: JsonRefusal): JsonBody {
  return { kind: "refused", reason };
}

/** Nesting beyond the limit, or a key that a careless merge would write into the prototype of everything. */
function flawOf(value: object, depth: number): JsonRefusal | undefined {
  if (depth > maxJsonDepth) return "too-large";
  if (Array.isArray(value)) return flawOfItems(value, depth);
  for (const key in value) {
    if (key === "__proto__" || key === "constructor" || key === "prototype") return "forbidden-key";
    const inner: unknown = value[key as keyof typeof value];
    const flaw = isContainer(inner) ? flawOf(inner, depth + 1) : undefined;
    if (flaw !== undefined) return flaw;
  }
  return undefined;
}

function flawOfItems(items: readonly unknown[], depth: number): JsonRefusal | undefined {
  for (const item of items) {
    const flaw = isContainer(item) ? flawOf(item, depth + 1) : undefined;
    if (flaw !== undefined) return flaw;
  }
  return undefined;
}

function isContainer(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
