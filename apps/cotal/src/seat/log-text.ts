import { type State, stateIn } from "../home/json-state.ts";

/**
 * A line of a log for people: what a program said as it said it, what happened in words. Nothing of what a holder
 * says when it has ended in order.
 */
export function logText(line: string): string[] {
  const entry = line.startsWith("{") ? stateIn(line) : undefined;
  if (entry === undefined) return [line];
  const { at, level, event, from: _, text, error, ok, ...fields } = entry;
  if (ok === true) return [];
  if (event === "seat.output") return [String(text)];
  if (typeof event === "string") return [[clock(at), level, event, ...facts({ ...fields, error })].join(" ")];
  return [isError(error) ? `failed: ${error.message} (${error.code})` : line];
}

/** The time of the day is enough beside the rest; the log has the whole. */
function clock(at: unknown): string {
  return String(at).slice(11, 19);
}

function facts(fields: State): string[] {
  return Object.entries(fields).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${typeof value === "string" ? value : JSON.stringify(value)}`],
  );
}

function isError(value: unknown): value is { readonly message: unknown; readonly code: unknown } {
  return typeof value === "object" && value !== null && "message" in value && "code" in value;
}
