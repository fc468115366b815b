/**
 * The headers of a message as the client hands them over; the client's own type fits. They are read
 * by iterating only: a name that stands twice must be seen twice.
 */
export interface WireHeaders extends Iterable<[string, string[]]> {
  /** Not 0 on a status answer of the broker. */
  readonly code?: number;
}

/** Names of headers. */
export const header = {
  dedupeId: "Nats-Msg-Id",
  signature: "Cotal-Sig",
  signedAt: "Cotal-At",
  path: "Cotal-Path",
  mentions: "Cotal-Mentions",
  hops: "Cotal-Hops",
  copySubject: "Cotal-Subject",
  copySeq: "Cotal-Seq",
  copyStoredAt: "Cotal-Stored",
  copyGeneration: "Cotal-Gen",
  copyReason: "Cotal-Reason",
  letter: "Cotal-Letter",
  gap: "Cotal-Gap",
} as const;

/** What was found of them: each at most once, every value as it stood. */
export type HeaderValues = { -readonly [Name in keyof typeof header]?: string };

const known = new Map<string, keyof typeof header>(
  Object.entries(header).map(([field, name]) => [name, field as keyof typeof header]),
);

/** What the broker leaves on a message that the engine stored in a batch. */
const batchHeader = /^Nats-(?:TTL|Batch-(?:Id|Sequence|Commit))$/;

/**
 * The known headers of a post or, with `copy`, of an entry of the backstop; `null` when there is one
 * that does not belong there: from a stranger, of the broker's own answers, or given twice.
 */
export function readHeaders(headers: WireHeaders, copy: boolean): HeaderValues | null {
  if (headers.code) return null;
  const values: HeaderValues = {};
  for (const [name, given] of headers) {
    const field = known.get(name);
    if (field !== undefined) {
      const value = given[0];
      if (given.length !== 1 || value === undefined) return null;
      values[field] = value;
    } else if (!isAllowed(name, copy)) {
      return null;
    }
  }
  return copy && values.dedupeId !== undefined ? null : values;
}

function isAllowed(name: string, copy: boolean): boolean {
  if (name.startsWith("Cotal-") || name.startsWith("Nats-Expected-")) return true;
  return copy && batchHeader.test(name);
}

/** A whole number as headers hold it, in its only form; `undefined` for anything else. */
export function wholeFrom(value: string | undefined): number | undefined {
  if (value === undefined || value.length > 16 || !/^(?:0|[1-9]\d*)$/.test(value)) return undefined;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : undefined;
}
