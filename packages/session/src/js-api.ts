import { type ConsumerPlace, CotalError, streamApi } from "@cotal/subjects";
import { type ApiError, apiError, brokerError } from "./broker-errors.ts";
import type { Session } from "./session.ts";

const requestTimeoutMs = 5_000;

/** One request to the JetStream API of the broker. Refusals and failures come as coded errors. */
export function requestApi<Answer>(session: Session, subject: string, body?: object): Promise<Answer> {
  return ask(session, `${session.apiRoot}.${subject}`, body);
}

async function ask<Answer>(session: Session, subject: string, body?: object): Promise<Answer> {
  const payload = body === undefined ? "" : JSON.stringify(body);
  const { connection, clock, brokerClock } = session;
  const askedAt = clock.uptime();
  const reply = await connection
    .request(subject, payload, { timeout: requestTimeoutMs })
    .catch((error) => Promise.reject(brokerError(error)));
  const tookMs = clock.uptime() - askedAt;
  const answer = readAnswer<Answer & { readonly ts?: unknown }>(reply.data);
  if (typeof answer.ts === "string") brokerClock.learn({ ts: answer.ts, tookMs });
  return answer;
}

/** The answer of the JetStream API, or of a publish to a stream; its error is thrown with its code. */
export function readAnswer<Answer>(data: Uint8Array): Answer {
  let answer: unknown;
  try {
    answer = JSON.parse(new TextDecoder().decode(data));
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
}

export interface ConsumerInfo {
  readonly config: { readonly ack_wait?: number };
  readonly num_pending: number;
  readonly num_ack_pending: number;
  readonly delivered: { readonly consumer_seq: number; readonly stream_seq: number };
}

/** Creates a pull consumer; the same again is no change. The filter is part of the subject, so that a grant can pin it. */
export function createConsumer(session: Session, stream: string, spec: ConsumerSpec): Promise<ConsumerInfo> {
  const filter = spec.filter_subject === undefined ? "" : `.${spec.filter_subject}`;
  return requestApi(session, `CONSUMER.CREATE.${stream}.${spec.name}${filter}`, {
    stream_name: stream,
    config: spec,
    action: "",
  });
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
