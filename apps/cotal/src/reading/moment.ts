import { CotalError, quoted } from "@cotal/subjects";
import { parseSpan } from "../duration.ts";

/** From when on: so long ago, or a moment of the calendar. */
export type Since =
  | { readonly kind: "ago"; readonly ms: number }
  | { readonly kind: "at"; readonly at: number };

/** `90m`, `2d`, `2026-11-21`, `2026-11-21T09:30:00Z`. */
export function parseSince(text: string): Since {
  if (/^\d{4}-\d\d-\d\d/.test(text)) {
    const at = Date.parse(text);
    if (Number.isSafeInteger(at) && at >= 0) return { kind: "at", at };
    throw new CotalError("bad-number", `${quoted(text)} is not a moment`, {
      hint: "write it as 2026-11-21 or 2026-11-21T09:30:00Z, or as 90m or 2d for so long ago",
    });
  }
  return { kind: "ago", ms: parseSpan(text) };
}

export function momentOf(since: Since, now: number): number {
  return since.kind === "at" ? since.at : Math.max(0, now - since.ms);
}

/** For people: in the time of this place, or in UTC as everywhere else. */
export function formatMoment(at: number, { utc = false }: { readonly utc?: boolean | undefined }): string {
  const date = new Date(at);
  if (utc) return `${date.toISOString().slice(0, 19)}Z`;
  const two = (value: number): string => String(value).padStart(2, "0");
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join("-");
  return `${day} ${[date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(":")}`;
}
