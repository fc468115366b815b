import { CotalError, keySubject, quoted, type RegistryName, type Token } from "@cotal/subjects";
import { type RecordReader, recordReader } from "@cotal/wire";
import type { z } from "zod";

/** What is particular to one registry: its records and the keys they stand under. */
export interface RegistryDefinition<T> {
  readonly registry: RegistryName;
  readonly schema: z.ZodType<T>;
  readonly read: RecordReader<T>;
  readonly isKey: (key: string) => boolean;
  /** Whether this record may stand under this key: one that names another owner may not. */
  readonly fits: (key: string, record: T) => boolean;
  /** How long a record lives unless it is written again. */
  readonly ttlMs?: number;
  /** Whether a value that cannot be read leaves the record that was known. */
  readonly keepsLast?: boolean;
}

type Particulars<T> = Omit<RegistryDefinition<T>, "read" | "fits"> &
  Partial<Pick<RegistryDefinition<T>, "fits">>;

export function defineRegistry<T>(particulars: Particulars<T>): RegistryDefinition<T> {
  return { fits: () => true, read: recordReader(particulars.schema), ...particulars };
}

/** The key, or a refusal: a registry holds keys of its own kind only. */
export function requireKey<T>({ registry, isKey }: RegistryDefinition<T>, key: string): string {
  if (isKey(key)) return key;
  throw new CotalError("bad-registry-key", `${quoted(key)} is not a key of the registry ${registry}`, {
    hint: "make keys with registryKey",
    data: { registry },
  });
}

/** The most that one record may take. */
const maxRecordBytes = 64 * 1024;

/** The bytes of a record that is valid and belongs under the key; anything else is refused. */
export function encodeRecord<T>(definition: RegistryDefinition<T>, key: string, record: T): Uint8Array {
  const { registry, schema, fits } = definition;
  requireKey(definition, key);
  const parsed = schema.safeParse(record);
  if (!parsed.success) {
    const where = parsed.error.issues[0]?.path.join(".") ?? "";
    throw invalid(registry, key, where === "" ? "it has another form" : `${where} does not fit`);
  }
  if (!fits(key, parsed.data)) throw invalid(registry, key, "it belongs under another key");
  const bytes = new TextEncoder().encode(JSON.stringify(parsed.data));
  if (bytes.length <= maxRecordBytes) return bytes;
  throw new CotalError("too-large", `a record of ${bytes.length} bytes is larger than is taken`, {
    hint: `use at most ${maxRecordBytes} bytes`,
    data: { registry, key, bytes: bytes.length, limit: maxRecordBytes },
  });
}

export type Decoded<T> =
  | { readonly kind: "record"; readonly value: T }
  | { readonly kind: "unreadable"; readonly reason: string };

export function decodeRecord<T>(
  definition: RegistryDefinition<T>,
  key: string,
  bytes: Uint8Array,
): Decoded<T> {
  if (!definition.isKey(key)) return { kind: "unreadable", reason: "its key is none of this registry" };
  const read = definition.read(bytes);
  if (read.kind === "unreadable") {
    const where = read.where ? ` at ${read.where}` : "";
    return { kind: "unreadable", reason: `${read.reason}${where}` };
  }
  if (!definition.fits(key, read.record))
    return { kind: "unreadable", reason: "it belongs under another key" };
  return { kind: "record", value: read.record };
}

/** The key that a stored subject stands for. */
export function keyOf<T>({ registry }: RegistryDefinition<T>, space: Token, subject: string): string {
  return subject.slice(keySubject(space, registry, "k").length - 1);
}

function invalid(registry: RegistryName, key: string, why: string): CotalError {
  return new CotalError("invalid-record", `this makes no record of the registry ${registry}: ${why}`, {
    hint: "compare it with the table of records in docs/spec/6-registries.md",
    data: { registry, key },
  });
}
