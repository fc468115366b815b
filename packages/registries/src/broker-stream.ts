import { requestApi, type Session } from "@cotal/session";
import { CotalError } from "@cotal/subjects";
import { type Drift, driftsOf, type StreamUse } from "./drift.ts";
import type { SealedSpec } from "./ingest.ts";
import type { StreamConfig } from "./stream-spec.ts";

/** A stream as the broker has it, secrets masked; `undefined` when it has none of that name. */
export interface FoundStream {
  readonly config: StreamConfig;
  readonly use: StreamUse;
  readonly drifts: readonly Drift[];
  /** Gives the fields that drifted their wanted values, and leaves those that no table speaks of. */
  repair(): Promise<void>;
}

interface StreamInfo {
  readonly config: Partial<StreamConfig>;
  readonly state: {
    readonly bytes: number;
    readonly messages: number;
    readonly num_subjects?: number;
    readonly subjects?: Readonly<Record<string, number>>;
    readonly first_ts: string;
  };
  /** The broker's time, so that no two clocks are compared. */
  readonly ts: string;
}

/** What the broker leaves out when it is so. */
const leftOut = {
  subjects: [],
  subject_transform: null,
  discard_new_per_subject: false,
  allow_direct: false,
  allow_rollup_hdrs: false,
  allow_atomic: false,
  allow_msg_ttl: false,
  allow_msg_schedules: false,
  subject_delete_marker_ttl: 0,
  deny_delete: false,
  deny_purge: false,
  no_ack: false,
  mirror: null,
  sources: null,
  republish: null,
} as const satisfies Partial<StreamConfig>;

export async function findStream(session: Session, sealed: SealedSpec): Promise<FoundStream | undefined> {
  const info = await ask<StreamInfo>(session, sealed, { verb: "INFO" }).catch(undefinedIfMissing);
  if (!info) return undefined;
  const config = tableFields(sealed, sealed.mask(info.config));
  const { config: want } = sealed.spec;
  const isShared = want.discard_new_per_subject && want.max_msgs_per_subject !== config.max_msgs_per_subject;
  const use = useOf(isShared ? await askCounted(session, sealed) : info);
  const drifts = driftsOf(sealed.spec, config, use);
  const wanted = sealed.reveal();
  const due = drifts.filter(({ action }) => action === "repair");
  const repairs = Object.fromEntries(due.map(({ field }) => [field, wanted[field]]));
  return {
    config,
    use,
    drifts,
    repair: async () => {
      await ask(session, sealed, { verb: "UPDATE", body: { ...info.config, ...repairs } });
    },
  };
}

export async function hasStream(session: Session, name: string): Promise<boolean> {
  return (await requestApi(session, `STREAM.INFO.${name}`).catch(undefinedIfMissing)) !== undefined;
}

export async function createStream(session: Session, sealed: SealedSpec): Promise<void> {
  const body = { name: sealed.spec.name, ...sealed.reveal() };
  await ask(session, sealed, { verb: "CREATE", body });
}

function undefinedIfMissing(error: unknown): undefined {
  if (error instanceof CotalError && error.code === "stream-missing") return undefined;
  throw error;
}

/** With the number of messages under each subject. */
function askCounted(session: Session, sealed: SealedSpec): Promise<StreamInfo> {
  return ask<StreamInfo>(session, sealed, { verb: "INFO", body: { subjects_filter: ">" } });
}

interface Request {
  readonly verb: "CREATE" | "UPDATE" | "INFO";
  readonly body?: object;
}

/** What the broker says may repeat the configuration that it was sent. */
async function ask<Answer>(
  session: Session,
  { spec, mask }: SealedSpec,
  { verb, body }: Request,
): Promise<Answer> {
  try {
    return await requestApi<Answer>(session, `STREAM.${verb}.${spec.name}`, body);
  } catch (error) {
    if (!(error instanceof CotalError)) throw error;
    const { code, message, hint, data, cause } = error;
    throw new CotalError(code, message, {
      ...(hint !== undefined && { hint }),
      data: { ...mask(data), stream: spec.name },
      cause,
    });
  }
}

function tableFields({ spec }: SealedSpec, have: Partial<StreamConfig>): StreamConfig {
  const all: Partial<StreamConfig> = { ...leftOut, ...have };
  const fields = Object.keys(spec.config) as (keyof StreamConfig)[];
  return Object.fromEntries(fields.map((field) => [field, all[field]])) as unknown as StreamConfig;
}

function useOf({ state, ts }: StreamInfo): StreamUse {
  return {
    bytes: state.bytes,
    messages: state.messages,
    subjects: state.num_subjects ?? 0,
    ...(state.subjects && { mostOfSubject: most(Object.values(state.subjects)) }),
    ageNs: state.messages === 0 ? 0 : (Date.parse(ts) - Date.parse(state.first_ts)) * 1e6,
  };
}

function most(counts: readonly number[]): number {
  return counts.reduce((top, count) => Math.max(top, count), 0);
}
