export type LogLevel = "debug" | "info" | "warn" | "error";

/** A fact with its fields. Fields never hold a secret or the body of a message. */
export interface LogEntry {
  readonly level: LogLevel;
  /** A stable, dotted name, `link.state`. */
  readonly event: string;
  readonly fields?: Readonly<Record<string, unknown>>;
}

/** Where a library says what happens; the host decides what becomes of it. */
export type Log = (entry: LogEntry) => void;

export const silentLog: Log = () => undefined;

/** An error as log fields. */
export function errorFields(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { error: String(error) };
  const code = "code" in error ? { code: error.code } : {};
  return { ...code, error: error.message };
}
