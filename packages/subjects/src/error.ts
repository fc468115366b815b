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
  "bad-registry-key": "a registry key does not fit the grammar",
  "bad-number": "a shard or a count is outside its range",

  "invalid-id": "a message id does not fit the grammar",
  "bad-message": "what was given makes no message",
  "bad-key": "a text is not an nkey of the kind that is needed",
  "bad-seed": "a text is not the seed of an nkey",
  "bad-credential": "a credential file is torn, foreign or not one at all",
  "bad-nonce": "a broker asks for a signature that is no connect challenge",
  "bad-link": "a text is not a join link",

  "bad-jwt": "a text is not a token of the kind that is needed",
  "forged-jwt": "a token does not carry the signature of its issuer",
  "foreign-issuer": "a token is signed by a key that is not trusted for it",
  "not-yet-valid": "a token is valid from a later moment on",
  "reserved-name": "a name is kept for the fabric itself",
  "bad-order": "an order for a credential names what its profile has no use for",
  "bad-lifetime": "a credential would live too long, too short or not at all",
  "too-many-patterns": "a credential would hold more patterns than are taken",
  "bad-trust-files": "the files of keys are torn, foreign, missing or open to others",
  "signer-missing": "the key that would have to sign is not on this host",

  "broker-not-found": "there is no nats-server that can be used",
  "broker-not-executable": "a file given as nats-server cannot be executed",
  "broker-wrong-architecture": "a nats-server was built for another machine",
  "not-a-broker": "a program given as nats-server is something else",
  "broker-too-old": "a nats-server is older than the oldest that serves",
  "bad-config": "an option of the broker is outside its range",
  "port-taken": "a port that the broker needs is used by another program",
  "store-in-use": "a folder belongs to a broker that runs",
  "bad-record": "the note about a running broker cannot be read",
  "broker-absent": "no broker runs where one was expected",
  "broker-died": "the broker ended before it was ready; the data holds the end of its log",
  "broker-not-ready": "the broker was not ready in time",
  "broker-unstoppable": "the broker did not end though it was killed",

  "no-credential": "the source of a credential gave none in time",
  "auth-expired": "a credential is past its expiry",
  "auth-refused": "the broker does not accept a credential",
  "not-allowed": "a credential or a rule does not allow this",
  "tls-required": "the broker speaks TLS only",
  unreachable: "the broker cannot be reached",
  "connection-lost": "the connection ended while it was needed",
  "no-responders": "nobody serves a subject",
  "outcome-unknown": "no answer came in time; it may or may not have been done",
  "limit-reached": "a limit of the broker or the account is reached",
  "too-large": "a body is larger than is taken",
  fenced: "somebody else has written in between",
  "stream-full": "a stream is full",
  "storage-full": "the broker has no storage left",
  "stream-missing": "a stream does not exist",
  "consumer-missing": "a consumer does not exist",
  "message-missing": "a stored message does not exist, or no longer",
  "consumer-exists": "a consumer exists with another configuration",
  unavailable: "the broker cannot serve a request now",
  refused: "the broker refused a request for another reason; the data says which",
  stopped: "something was asked of what has been stopped",
  "space-drift": "streams of a space differ from what is wanted, and to change them could do harm",
  "weak-secret": "an ingest secret is malformed or short enough to be guessed",
  "bad-request": "a control request is malformed",
  "bad-reply": "an answer does not have the form that was promised",
  "unknown-op": "a service does not know an operation",
  busy: "a service or a queue has taken as much as it can",
  internal: "a defect of the program; the log says more",
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
