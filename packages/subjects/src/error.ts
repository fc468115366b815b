/**
 * Every error code of the project with its meaning. A code is a promise to callers: it is never
 * renamed and never reused for something else.
 */
export const errorCodes = {
  "bad-token": "a name is not one token of letters, digits, underscore and hyphen",
  "bad-owner": "an id is not the public key of an nkey user",
  "bad-channel": "a channel does not fit the grammar",
  "bad-pattern": "a channel pattern does not fit the grammar",
  "not-concrete": "a channel was needed and a pattern was given",
  "bad-number": "a shard or a count is outside its range",
} as const;

export type ErrorCode = keyof typeof errorCodes;

export interface ErrorDetails {
  /** What the caller can do next. */
  readonly hint?: string;
  /** Facts for programs. Never a secret. */
  readonly data?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/** The one error type that leaves a package of this project. */
export class CotalError extends Error {
  override readonly name = "CotalError";
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly data: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.hint = details.hint;
    this.data = details.data ?? {};
  }
}
