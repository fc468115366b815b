import { type ConsumerPlace, CotalError, streamApi } from "@cotal/subjects";
import { type ApiError, apiError } from "./broker-errors.ts";
import type { Session } from "./session.ts";

const requestTimeoutMs = 5_000;
const decoder = new TextDecoder();

/** One request to the JetStream API of the broker. Refusals and failures come as coded errors. */
export function requestApi<Answer>(session: Session, subject: string, body?: object): Promise<Answer> {
  return ask(session, `${session.apiRoot}.${subject}`, body);
}

async function ask<Answer>(session: Session, subject: string, body?: object): Promise<Answer> {
  const data = body === undefined ? "" : JSON.stringify(body);
  const { requests, clock, brokerClock } = session;
  const askedAt = clock.uptime();
  const reply = await requests.ask({ subject, data, timeoutMs: requestTimeoutMs });
  const tookMs = clock.uptime() - askedAt;
  const answer = readAnswer<Answer & { readonly ts?: unknown }>(reply.data);
  if (typeof answer.ts === "string") brokerClock.learn({ ts: answer.ts, tookMs });
  return answer;
}

/** The answer of the JetStream API, or of a publish to a stream; its error is thrown with its code. */
export function readAnswer<Answer>(data: Uint8Array): Answer {
  let answer: unknown;
  try {
    answer = JSON.parse(decoder.decode(data));
  } catch (cause) {
    throw new CotalError("bad-reply", "the broker's answer is not JSON", { cause });
  }
  if (typeof answer !== "object" || answer === null) {
    throw new CotalError("bad-reply", "the broker's answer is not an object");
  }
  if ("error" in answer) throw apiError(answer.error as ApiError);
  return answer as Answer;
}

/** What is asked of a consumer when it is created; the fields have the broker's names and units. */
export interface ConsumerSpec {
  readonly name: string;
  readonly filter_subject?: string;
  readonly deliver_policy: "all" | "new" | "last" | "by_start_sequence" | "by_start_time";
  readonly opt_start_seq?: number;
  /** RFC 3339. */
  readonly opt_start_time?: string;
  readonly ack_policy: "none" | "explicit";
  readonly ack_wait?: number;
  readonly max_ack_pending?: number;
  readonly inactive_threshold?: number;
  readonly mem_storage?: boolean;
  readonly metadata?: Readonly<Record<string, string>>;
}

export interface ConsumerInfo {
  readonly config: {
    readonly ack_wait?: number;
    readonly metadata?: Readonly<Record<string, string>>;
  };
  readonly num_pending: number;
  readonly num_ack_pending: number;
  /** Pulls that wait for entries, of those who are still there. */
  readonly num_waiting: number;
  readonly delivered: { readonly consumer_seq: number; readonly stream_seq: number };
}

/** Creates a pull consumer; the same again is no change. */
export function createConsumer(session: Session, stream: string, spec: ConsumerSpec): Promise<ConsumerInfo> {
  return create(session, stream, { config: spec, action: "" });
}

/** As `createConsumer`, and rejects with `consumer-exists` when there is one that is configured otherwise. */
export function createNewConsumer(
  session: Session,
  stream: string,
  spec: ConsumerSpec,
): Promise<ConsumerInfo> {
  return create(session, stream, { config: spec, action: "create" });
}

/** The filter is part of the subject, so that a grant can pin it. */
function create(
  session: Session,
  stream: string,
  request: { readonly config: ConsumerSpec; readonly action: "" | "create" },
): Promise<ConsumerInfo> {
  const { name, filter_subject: filter } = request.config;
  const place = `${stream}.${name}${filter === undefined ? "" : `.${filter}`}`;
  return requestApi(session, `CONSUMER.CREATE.${place}`, { stream_name: stream, ...request });
}

export function consumerInfo(session: Session, stream: string, consumer: string): Promise<ConsumerInfo> {
  return requestApi(session, `CONSUMER.INFO.${stream}.${consumer}`);
}

/** Deletes a consumer; one that is gone already is as good. */
export async function deleteConsumer(session: Session, stream: string, consumer: string): Promise<void> {
  try {
    await requestApi(session, `CONSUMER.DELETE.${stream}.${consumer}`);
  } catch (error) {
    if (!(error instanceof CotalError && error.code === "consumer-missing")) throw error;
  }
}

/** Has a consumer go on behind another place: the entry `seq` is the next that it hands out. */
export function resetConsumer(
  session: Session,
  place: ConsumerPlace,
  seq: number,
): Promise<Pick<ConsumerInfo, "num_pending"> & { readonly created: string }> {
  return ask(session, streamApi.reset(place), { seq });
}
