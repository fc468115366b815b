import { isDeepStrictEqual } from "node:util";
import type { StreamConfig, StreamSpec } from "./stream-spec.ts";

/** One field in which the broker's stream is not what the table says. */
export interface Drift {
  readonly stream: string;
  readonly field: keyof StreamConfig;
  readonly want: unknown;
  readonly have: unknown;
  /**
   * What `ensureSpace` does about it. It repairs what makes nothing weaker and loses nothing; a share of a queue that
   * is exceeded waits until what is handled is trimmed.
   */
  readonly action: "repair" | "refuse" | "wait";
}

/** What a stream holds at the moment. */
export interface StreamUse {
  readonly bytes: number;
  readonly messages: number;
  readonly subjects: number;
  /** The most that stand under one subject, where that matters; else `messages` says more. */
  readonly mostOfSubject?: number;
  /** How old its first message is. */
  readonly ageNs: number;
}

export function driftsOf({ name, config: want }: StreamSpec, have: StreamConfig, use: StreamUse): Drift[] {
  const fields = Object.keys(isHarmless) as (keyof StreamConfig)[];
  return fields
    .filter((field) => !isDeepStrictEqual(want[field], have[field]))
    .map((field) => ({
      stream: name,
      field,
      want: want[field],
      have: have[field],
      action: actionOf(field, { want, have, use }),
    }));
}

interface Difference {
  readonly want: StreamConfig;
  readonly have: StreamConfig;
  readonly use: StreamUse;
}

function actionOf(field: keyof StreamConfig, { want, have, use }: Difference): Drift["action"] {
  const isShare = field === "max_msgs_per_subject" || field === "discard_new_per_subject";
  if (isShare && want.discard_new_per_subject && !isWithinSubjects(want, have, use)) return "wait";
  return isHarmless[field](want, have, use) ? "repair" : "refuse";
}

/** Whether a running stream may be given the wanted value. */
type Judgement = (want: StreamConfig, have: StreamConfig, use: StreamUse) => boolean;

const never: Judgement = () => false;
const always: Judgement = () => true;

const isHarmless: Readonly<Record<keyof StreamConfig, Judgement>> = {
  subjects: isOurs,
  subject_transform: (_, have) => have.subject_transform === null,
  retention: never,
  storage: never,
  num_replicas: raised("num_replicas"),
  discard: (want) => want.discard === "new",
  discard_new_per_subject: turnedOn("discard_new_per_subject"),
  max_bytes: (want, have, use) => raised("max_bytes")(want, have, use) || use.bytes <= want.max_bytes,
  max_age: (want, have, use) => raised("max_age")(want, have, use) || use.ageNs <= want.max_age,
  max_msgs: raised("max_msgs"),
  max_msgs_per_subject: isWithinSubjects,
  max_msg_size: raised("max_msg_size"),
  duplicate_window: raised("duplicate_window"),
  allow_direct: turnedOff("allow_direct"),
  allow_rollup_hdrs: turnedOff("allow_rollup_hdrs"),
  allow_atomic: always,
  allow_msg_ttl: turnedOn("allow_msg_ttl"),
  allow_msg_schedules: turnedOff("allow_msg_schedules"),
  subject_delete_marker_ttl: (want) => want.subject_delete_marker_ttl === 0,
  deny_delete: turnedOn("deny_delete"),
  deny_purge: turnedOn("deny_purge"),
  no_ack: turnedOff("no_ack"),
  mirror: never,
  sources: (want) => want.sources === null,
  republish: (want) => want.republish === null,
};

/** Whether a limit of the subjects takes no message. */
function isWithinSubjects(want: StreamConfig, have: StreamConfig, use: StreamUse): boolean {
  const most = use.mostOfSubject ?? (use.messages === use.subjects ? 1 : use.messages);
  return raised("max_msgs_per_subject")(want, have, use) || most <= want.max_msgs_per_subject;
}

/** Of a limit: 0 and less stand for none. */
function raised(field: "num_replicas" | `max_${LimitName}` | "duplicate_window"): Judgement {
  const limit = (value: number): number => (value <= 0 ? Number.POSITIVE_INFINITY : value);
  return (want, have) => limit(want[field]) >= limit(have[field]);
}

type LimitName = "bytes" | "age" | "msgs" | "msgs_per_subject" | "msg_size";
type Flag = {
  [F in keyof StreamConfig]: StreamConfig[F] extends boolean ? F : never;
}[keyof StreamConfig];

function turnedOn(flag: Flag): Judgement {
  return (want) => want[flag];
}

function turnedOff(flag: Flag): Judgement {
  return (want) => !want[flag];
}

/**
 * Whether a stream is known by its subjects: it has all that are wanted, and loses the rest; or each
 * it has is wanted, be it without the ingest. With another secret it has other writers, who would be shut out.
 */
function isOurs(want: StreamConfig, have: StreamConfig): boolean {
  const known = new Set(want.subjects);
  if (have.subjects.some((subject) => subject.startsWith("in.(other)"))) return false;
  if (want.subjects.every((subject) => have.subjects.includes(subject))) return true;
  const prefix = want.subject_transform?.src.slice(0, -1) ?? "";
  for (const subject of want.subjects) known.add(subject.slice(prefix.length));
  return have.subjects.length > 0 && have.subjects.every((subject) => known.has(subject));
}
