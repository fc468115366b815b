import { CotalError, quoted } from "@cotal/subjects";

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
/** A day: what is awaited for longer is not awaited. */
const longestMs = 24 * 3_600_000;
const longestSpanMs = 3_650 * longestMs;

/** A time such as `500ms`, `60s` or `2m`, in milliseconds; without a unit in seconds. */
export function parseDuration(text: string): number {
  const [, digits, unit = "s"] = /^(\d{1,9})(ms|s|m|h)?$/.exec(text) ?? [];
  const ms = Number(digits) * (unitMs[unit] ?? Number.NaN);
  if (ms >= 1 && ms <= longestMs) return ms;
  throw new CotalError("bad-number", `${quoted(text)} is not a time to wait`, {
    hint: "write a whole number with ms, s, m or h, for example 60s; at most 24h",
  });
}

/** A span of time such as `90m`, `12h` or `30d`, in milliseconds; without a unit in seconds. */
export function parseSpan(text: string): number {
  const [, digits, unit = "s"] = /^(\d{1,9})(s|m|h|d)?$/.exec(text) ?? [];
  const ms = Number(digits) * (unit === "d" ? longestMs : (unitMs[unit] ?? Number.NaN));
  if (ms >= 1000 && ms <= longestSpanMs) return ms;
  throw new CotalError("bad-number", `${quoted(text)} is not a span of time`, {
    hint: "write a whole number with s, m, h or d, for example 90m or 7d; at most 3650d",
  });
}

/** The same for people. */
export function formatDuration(ms: number): string {
  return ms % 1000 === 0 ? `${ms / 1000} s` : `${ms} ms`;
}

/** A longer span for people, in the largest unit that fits. */
export function formatSpan(ms: number): string {
  const [unit, unitMsOf] = spans.find(([, size]) => ms % size === 0) ?? (["s", 1000] as const);
  return `${Math.round(ms / unitMsOf)} ${unit}`;
}

const spans = [
  ["d", longestMs],
  ["h", 3_600_000],
  ["min", 60_000],
] as const;
