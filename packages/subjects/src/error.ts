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
  "not-yet-valid": "a token or a certificate is valid from a later moment on",
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
  "exposed-without-tls": "a broker would serve other machines in the clear",
  "exposed-without-credentials": "a broker would serve other machines without asking who they are",
  "bad-tls-files":
    "a certificate, key or authority is missing, torn, open to others or foreign to the others",
  "port-taken": "a port that the broker needs is used by another program",
  "store-in-use": "a folder belongs to a broker that runs",
  "bad-record": "the note about a running broker cannot be read",
  "broker-absent": "no broker runs where one was expected",
  "broker-died": "the broker ended before it was ready; the data holds the end of its log",
  "broker-not-ready": "the broker was not ready in time",
  "broker-unstoppable": "the broker did not end though it was killed",

  "bad-address": "a text is not the address of a broker",
  "no-credential": "the source of a credential gave none in time",
  "auth-expired": "a credential is past its expiry",
  "auth-refused": "the broker does not accept a credential",
  "not-allowed": "a credential or a rule does not allow this",
  "tls-required": "the broker speaks TLS only",
  "tls-refused": "the broker does not offer the TLS that its address demands",
  "tls-failed": "a TLS handshake came to no end, or to none that both sides take",
  "certificate-untrusted": "a certificate is signed by nobody who is trusted",
  "certificate-foreign": "a certificate is that of another host",
  "certificate-expired": "a certificate is past its end",
  unreachable: "the broker cannot be reached",
  "connection-lost": "the connection ended while it was needed",
  "no-responders": "nobody serves a subject",
  "no-leader": "nobody leads a shard now, or its leader has lost the lead",
  "lease-held": "another daemon leads what was to be led",
  "outcome-unknown": "no answer came in time; it may or may not have been done",
  "limit-reached": "a limit of the broker or the account is reached",
  "too-large": "a body is larger than is taken",
  fenced: "somebody else has written in between",
  "stream-full": "a stream is full",
  "quota-exceeded": "a sender fills more of a queue than is its share",
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
  "space-differs": "a space was set up with other facts than the given ones",
  "invalid-record": "what was given makes no record of a registry",
  undecodable: "a stored record cannot be read",
  contended: "others kept writing in between, and the attempts are used up",
  "name-taken": "another peer has this name",
  "peer-retired": "a peer was retired; its id is not used again",
  "rights-differ": "a peer was provisioned with other rights or as another one",
  "bad-mode": "an endpoint was connected in a mode that has not what is asked for",
  "bad-options": "an endpoint was given options of which none can be made",
  "identity-mismatch": "an id is not that of the credential",
  reconnecting: "there is no live connection at the moment",
  "not-provisioned": "what was to be made for a peer before it connects is not there",
  "already-receiving": "somebody receives the messages of an endpoint already",
  "bad-outcome": "what a receiver said of a message is no outcome",
  "handler-failed": "a handler threw; the data says for which message, and whether it was given up",
  "id-collision": "a message id of our own making was already used",
  "unknown-peer": "a name or id means nobody",
  "ambiguous-peer": "a name means several peers; the data lists them",
  "unknown-space": "a space was never set up at this broker",
  "identity-in-use": "another program is this peer now",
  "presence-degraded": "what a peer says about itself, or sees of others, is not up to date",
  "no-replay": "a channel is not read back: its configuration says so",
  "delivery-unavailable": "the delivery service does not answer, and this is not done without it",
  "acl-unknown": "what a peer may read is not known now, and nothing is decided without it",
  "wrong-shard": "a delivery service was asked about a peer of another shard",
  "checkpoint-missing": "a shard has members or copies, and nothing says how far it was served",
  "letter-missing": "there is no such dead letter, or no longer",
  "not-replayable": "a dead letter holds no message that could be handed out again",
  "disk-full": "there is no room for what has to be written, or there was none when it was",
  "dead-full": "dead letters of a peer gave way to later ones",
  "delivery-full": "the stream of a shard takes no more copies",
  "chat-restored": "the stream of posts is older than, or another one than, what a shard has served",
  "stale-generation": "a membership has another generation than the one that was named",
  evicted: "retention has taken part of what was asked for",
  "already-served": "a service is served by this endpoint already",

  "bad-request": "a control request is malformed",
  "bad-reply": "an answer does not have the form that was promised",
  "unknown-op": "a service does not know an operation",
  busy: "a service or a queue has taken as much as it can",
  usage: "a command was given what it does not take",
  "not-confirmed": "a command that deletes was not told to go ahead",
  interrupted: "somebody ended a command before it was done",
  "mesh-absent": "no mesh was ever started here",
  "release-differs": "what runs is of another release than the program that asks",
  "space-taken": "another mesh of this user has a space of this name",
  "ambiguous-space": "several meshes could be meant; the data lists them",
  "project-untrusted": "a mesh lies in a project, and the user has not made it",
  "project-nested": "a folder belongs to the project of a folder above it",
  "mesh-busy": "another command is changing the mesh at the moment",
  "mesh-differs": "a mesh was made, or runs, with other options than the given ones",
  "bad-state": "a file that the command keeps cannot be read",
  "bad-manifest": "a cotal.yaml says something that cannot be",
  "manifest-unreadable": "the file that is to be a cotal.yaml cannot be read",
  "state-newer": "the files of a mesh were written by a newer program",
  "state-older": "the files of a mesh have a format that has to be migrated first",
  "agent-running": "an agent of this name runs already",
  "unknown-agent": "no agent of this host has this name",
  "agent-not-running": "what was asked of an agent takes one that runs",
  "program-missing": "a program that an agent is to run is not there",
  "exec-failed": "the command that handles the messages of an agent has failed; its log says more",
  "agent-ended": "the process of an agent has ended; the data holds the end of its log",
  "agent-not-ready": "an agent was not on the mesh in time",
  "agent-unstoppable": "the process of an agent did not end though it was killed",
  "daemon-ended": "the process of a daemon has ended; the data holds the end of its log",
  "daemon-not-ready": "a daemon runs and did not do its work in time",
  "daemon-unstoppable": "the process of a daemon did not end though it was killed",
  "no-reply": "a message was stored, and nobody replied to it in time",
  "home-unusable": "the folder in which the command keeps its files cannot be used",

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
