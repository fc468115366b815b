import { CotalError, type ErrorCode, type ErrorDetails } from "@cotal/subjects";
import {
  AuthorizationError,
  ClosedConnectionError,
  ConnectionError,
  DrainingConnectionError,
  NoRespondersError,
  PermissionViolationError,
  ProtocolError,
  RequestError,
  TimeoutError,
  UserAuthenticationExpiredError,
} from "@nats-io/nats-core";
import { ScopeEnded } from "./scope.ts";

/**
 * Everything the broker and its client say when they refuse, turned into codes. Texts and numbers
 * of the broker are known here and nowhere else; each is captured from a real broker by a test.
 */
export function brokerError(error: unknown): CotalError {
  if (error instanceof CotalError) return error;
  const cause = error instanceof RequestError && error.cause instanceof Error ? error.cause : error;
  const code = codeOf(cause);
  return coded(code, {
    data: { text: cause instanceof Error ? cause.message : String(cause) },
    cause: error,
  });
}

/**
 * As `brokerError`, for a dial. Whatever went wrong before anybody spoke, the broker could not be
 * reached; a full broker speaks, but not the greeting that the client waits for.
 */
export function dialError(failure: unknown): CotalError {
  const error = brokerError(failure);
  const details = { data: error.data, cause: failure };
  const code = clientTexts[String(error.data.text)] ?? tlsCodeOf(failure);
  if (code !== undefined) return coded(code, details);
  const silent =
    error.code === "outcome-unknown" || error.code === "connection-lost" || error.code === "internal";
  return silent ? coded("unreachable", details) : error;
}

/** For a dial with a credential past its end, of which the broker only says that it refuses it. */
export function expiredCredential(details: ErrorDetails): CotalError {
  return coded("auth-expired", details);
}

/** For a dial that this program ends by itself. */
export function tlsError(code: "tls-required" | "tls-failed", details: ErrorDetails = {}): CotalError {
  return coded(code, details);
}

/** What the client says of its own when something answers, but not as it has to. */
const clientTexts: Readonly<Record<string, BrokerCode>> = {
  "unexpected response from server": "unavailable",
  "server does not support 'tls'": "tls-refused",
  "Client network socket disconnected before secure TLS connection was established": "tls-failed",
};

/** How Node names what is wrong with a handshake or a certificate; the first that fits counts. */
const tlsCodes: readonly (readonly [form: RegExp, code: BrokerCode])[] = [
  [/^ERR_TLS_CERT_ALTNAME_INVALID$/, "certificate-foreign"],
  [/^CERT_HAS_EXPIRED$/, "certificate-expired"],
  [/^CERT_NOT_YET_VALID$/, "not-yet-valid"],
  [/^(?:CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|INVALID_)/, "certificate-untrusted"],
  [/^(?:ERR_SSL_|ERR_TLS_|ERR_OSSL_|EPROTO$)/, "tls-failed"],
];

function tlsCodeOf(failure: unknown): BrokerCode | undefined {
  const name = failure instanceof Error && "code" in failure ? String(failure.code) : "";
  return tlsCodes.find(([form]) => form.test(name))?.[1];
}

/** The error object that a JetStream answer carries. */
export interface ApiError {
  readonly code: number;
  readonly err_code?: number;
  readonly description?: string;
}

/**
 * A refusal in a JetStream answer. For those who decide on it, `data.errCode` keeps the broker's number,
 * and `data.lastSeq` of a fenced write the sequence that stands there.
 */
export function apiError(error: ApiError): CotalError {
  const errCode = error.err_code ?? 0;
  const { description: text = "" } = error;
  const code = isSubjectFull(errCode, text)
    ? "quota-exceeded"
    : (apiCodes[errCode] ?? (error.code === 503 ? "unavailable" : "refused"));
  const [, last] = /^wrong last sequence: (\d+)$/.exec(text) ?? [];
  return coded(code, {
    data: { text, errCode, status: error.code, ...(last !== undefined && { lastSeq: Number(last) }) },
  });
}

/** The broker has one number for a stream that is full and for a subject that is. */
function isSubjectFull(errCode: number, text: string): boolean {
  return errCode === 10077 && text === "maximum messages per subject exceeded";
}

/** What a consumer says instead of an entry. */
export interface PullStatus {
  readonly code: number;
  readonly text: string;
}

/** The failure a status stands for; `undefined` when the next request may bring entries. */
export function pullError({ code, text }: PullStatus): CotalError | undefined {
  const name = pullCode(code, text.toLowerCase());
  return name && coded(name, { data: { text, status: code } });
}

/** Whether a status says only that a request brings no more now. */
export function isPullEnd({ code, text }: PullStatus): boolean {
  return code === 404 || code === 408 || isOverBytes({ code, text });
}

/** Whether the next entry is larger than what was left of the size that was asked for. */
export function isOverBytes({ code, text }: PullStatus): boolean {
  return code === 409 && text.toLowerCase().startsWith("message size exceeds maxbytes");
}

const messages = {
  "auth-expired": "the credential has expired",
  "auth-refused": "the broker does not accept the credential",
  "not-allowed": "the credential does not allow this",
  "tls-required": "the broker speaks TLS only",
  "tls-refused": "the broker does not offer TLS, and its address demands it",
  "tls-failed": "the TLS handshake with the broker failed",
  "certificate-untrusted": "the broker's certificate is signed by nobody who is trusted",
  "certificate-foreign": "the broker's certificate is that of another host",
  "certificate-expired": "the broker's certificate has expired",
  "not-yet-valid": "the broker's certificate is not valid yet",
  unreachable: "the broker cannot be reached",
  "connection-lost": "the connection has ended",
  "no-responders": "nobody serves this subject",
  "outcome-unknown": "no answer came in time; it may or may not have been done",
  "limit-reached": "a limit of the broker or the account is reached",
  "too-large": "the message is larger than the broker takes",
  fenced: "somebody else has written in between",
  "stream-full": "the stream is full",
  "quota-exceeded": "so much waits for this receiver from this sender that no more is taken",
  "storage-full": "the broker has no storage left for this",
  "stream-missing": "the stream does not exist",
  "consumer-missing": "the consumer does not exist",
  "message-missing": "the message does not exist, or no longer",
  "consumer-exists": "a consumer of this name exists with another configuration",
  unavailable: "the broker cannot serve this now",
  refused: "the broker refused the request",
  internal: "the program failed in talking to the broker",
} as const satisfies Partial<Record<ErrorCode, string>>;

type BrokerCode = keyof typeof messages;

const hints: Partial<Record<BrokerCode, string>> = {
  "auth-expired": "have the credential minted again and connect with the new one",
  "auth-refused": "check that the credential belongs to this broker and was not revoked",
  "tls-required": "use a cotals:// link or a tls:// address",
  "tls-refused": "check that the address is the right one, or have TLS set up there; nothing secret was sent",
  "tls-failed": "check that the address is that of a broker which speaks TLS 1.2 or newer",
  "certificate-untrusted": "if the broker is the right one, give the certificate of its authority",
  "certificate-foreign": "dial a name or address that the certificate is for",
  "certificate-expired": "have the certificate renewed where the broker runs",
  "not-yet-valid": "check the clocks of both machines",
  unreachable: "check the address and that the broker runs",
  unavailable: "check that the address is that of a nats-server and that it takes more connections",
  "stream-full": "wait until entries are handled, or raise the limit of the stream",
  "quota-exceeded": "wait until its receiver has handled some of it",
  "storage-full": "free disk space or raise the storage limit of the broker",
};

/** What the broker writes before it closes, without its quotes and in lower case. */
const protocolTexts: readonly (readonly [start: string, code: BrokerCode])[] = [
  ["authorization violation", "auth-refused"],
  ["authentication timeout", "unavailable"],
  ["user authentication revoked", "auth-refused"],
  ["user authentication expired", "auth-expired"],
  ["account authentication expired", "auth-expired"],
  ["permissions violation", "not-allowed"],
  ["secure connection - tls required", "tls-required"],
  ["maximum connections exceeded", "limit-reached"],
  ["maximum account active connections exceeded", "limit-reached"],
  ["maximum subscriptions exceeded", "limit-reached"],
  ["maximum control line exceeded", "limit-reached"],
  ["maximum payload violation", "too-large"],
  ["stale connection", "connection-lost"],
];

/** Numbers of JetStream refusals. */
const apiCodes: Readonly<Record<number, BrokerCode>> = {
  10014: "consumer-missing",
  10037: "message-missing",
  10047: "storage-full",
  10054: "too-large",
  10059: "stream-missing",
  10071: "fenced",
  10077: "stream-full",
  10148: "consumer-exists",
};

function coded(code: BrokerCode, details: ErrorDetails): CotalError {
  const hint = hints[code];
  return new CotalError(code, messages[code], { ...details, ...(hint !== undefined && { hint }) });
}

function codeOf(error: unknown): BrokerCode {
  if (error instanceof UserAuthenticationExpiredError) return "auth-expired";
  if (error instanceof PermissionViolationError) return "not-allowed";
  if (error instanceof NoRespondersError) return "no-responders";
  if (error instanceof TimeoutError) return "outcome-unknown";
  if (isEnded(error)) return "connection-lost";
  if (error instanceof AuthorizationError || error instanceof ProtocolError) return codeOfText(error.message);
  if (error instanceof ConnectionError || isSocketError(error)) return "unreachable";
  return "internal";
}

function codeOfText(text: string): BrokerCode {
  const plain = text.toLowerCase().replace(/^'|'$/g, "");
  return protocolTexts.find(([start]) => plain.startsWith(start))?.[1] ?? "refused";
}

function pullCode(status: number, text: string): BrokerCode | undefined {
  if (status === 503) return "consumer-missing";
  if (status === 409 && text.startsWith("consumer deleted")) return "consumer-missing";
  if (status === 409 && (text.startsWith("server shutdown") || text.startsWith("leadership change")))
    return "unavailable";
  return status === 400 || status === 409 ? "refused" : undefined;
}

/** A request that fails without a cause was given up with its connection. */
function isEnded(error: unknown): boolean {
  return (
    error instanceof ClosedConnectionError ||
    error instanceof DrainingConnectionError ||
    error instanceof ScopeEnded ||
    error instanceof RequestError
  );
}

function isSocketError(error: unknown): boolean {
  return error instanceof Error && "code" in error && typeof error.code === "string" && "syscall" in error;
}
