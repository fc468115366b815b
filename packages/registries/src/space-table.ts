import {
  asChannelPattern,
  asToken,
  bucketName,
  bucketSubjects,
  CotalError,
  deadSubjects,
  formatPattern,
  ingestKeySubject,
  maxShards,
  quoted,
  type RegistryName,
  registryNames,
  type SubjectPattern,
  streamName,
  type Token,
} from "@cotal/subjects";
import type { StreamConfig, StreamSpec } from "./stream-spec.ts";

/** What decides how the streams of a space are made. */
export interface SpaceLayout {
  readonly space: Token;
  /** How many shards its delivery has; fixed for its life. */
  readonly shards: number;
  readonly mode: "auth" | "open";
  /** Servers that keep each stream; 1 unless the broker is a cluster. */
  readonly replicas?: 1 | 3 | 5;
  /** What all streams may take together; each gets its share. */
  readonly storageBytes?: number;
}

const MiB = 1024 ** 2;
const second = 1e9;
const day = 86_400 * second;
const anyChannel = asChannelPattern(">");

/** With less, a bucket is too small for a space to work. */
const leastStorageBytes = 64 * MiB;

/** What the streams have in common; a row says how it differs. */
const common: Omit<StreamConfig, "subjects" | "max_bytes"> = {
  subject_transform: null,
  retention: "limits",
  storage: "file",
  num_replicas: 1,
  discard: "new",
  discard_new_per_subject: false,
  max_age: 0,
  max_msgs: -1,
  max_msgs_per_subject: -1,
  max_msg_size: -1,
  duplicate_window: 120 * second,
  allow_direct: false,
  allow_rollup_hdrs: false,
  allow_atomic: false,
  allow_msg_ttl: false,
  allow_msg_schedules: false,
  subject_delete_marker_ttl: 0,
  deny_delete: true,
  deny_purge: false,
  no_ack: false,
  mirror: null,
  sources: null,
  republish: null,
};

/** Every stream and bucket of a space, in the order in which they are made. Nothing in it is secret. */
export function spaceTable(layout: SpaceLayout): readonly StreamSpec[] {
  const rows = rowsOf(checked(layout));
  const sum = rows.reduce((total, { config }) => total + config.max_bytes, 0);
  const share = (layout.storageBytes ?? sum) / sum;
  return rows.map(({ config, ...row }) => {
    const max_bytes = Math.floor(config.max_bytes * share);
    const most = config.discard_new_per_subject ? pairMessages(max_bytes) : config.max_msgs_per_subject;
    const num_replicas = layout.replicas ?? 1;
    return { ...row, config: { ...config, num_replicas, max_bytes, max_msgs_per_subject: most } };
  });
}

/** What one sender may fill of a queue for one target: as many messages as are a tenth of it when each has 1 KiB. */
const pairShare = 0.1;
const pairMessageBytes = 1024;
/** With fewer, who sends thousands a second would be refused before what is handled has been removed. */
const leastPairMessages = 5_000;

function pairMessages(maxBytes: number): number {
  return Math.max(leastPairMessages, Math.floor((maxBytes * pairShare) / pairMessageBytes));
}

function rowsOf({ space, shards, mode, replicas = 1 }: SpaceLayout): readonly StreamSpec[] {
  const queue = {
    max_bytes: 256 * MiB,
    max_age: 30 * day,
    discard_new_per_subject: true,
    retention: mode === "open" ? "workqueue" : "limits",
  } as const;
  return [
    stream(streamName.chat(space), [{ kind: "chat", space, sender: "*", channel: anyChannel }], {
      max_bytes: 1024 * MiB,
      max_age: 30 * day,
      discard: "old",
    }),
    stream(streamName.dm(space), [{ kind: "inst", space, target: "*", sender: "*" }], queue),
    stream(streamName.task(space), [{ kind: "svc", space, role: "*", sender: "*" }], queue),
    ...Array.from({ length: shards }, (_, shard) =>
      copiesOf(space, shard, replicas === 1 ? "workqueue" : "limits"),
    ),
    deadOf(space),
    ...registryNames.map((registry) =>
      registry === "presence" ? presenceOf(space) : bucketOf(space, registry),
    ),
  ];
}

type Row = Partial<StreamConfig> & Pick<StreamConfig, "max_bytes">;

function stream(name: string, subjects: readonly SubjectPattern[], config: Row): StreamSpec {
  return { name, config: { ...common, subjects: subjects.map(formatPattern), ...config } };
}

function copiesOf(space: Token, shard: number, retention: "limits" | "workqueue"): StreamSpec {
  const name = streamName.delivery(space, shard);
  const stored = [
    { kind: "ckpt", space, shard },
    { kind: "dinbox", space, owner: "*" },
    { kind: "dlv", space, owner: "*", channel: anyChannel },
  ] as const;
  return ingested(name, name, {
    stored: stored.map(formatPattern),
    taken: stored.map((one) => formatPattern({ kind: "ingest", secret: "*", shard, stored: one })),
    config: {
      max_bytes: 1024 * MiB,
      retention,
      allow_atomic: true,
      allow_rollup_hdrs: true,
      allow_msg_ttl: true,
    },
  });
}

/** Entries are dropped one by one, and the oldest go when it is full. */
function deadOf(space: Token): StreamSpec {
  const name = streamName.dead(space);
  const stored = deadSubjects(space);
  const config = { max_bytes: 64 * MiB, discard: "old", deny_delete: false } as const;
  return ingested(name, name, { stored: [stored], taken: [ingestKeySubject("*", stored)], config });
}

/** To deny purges also rules out rollups for good. Members alone are removed one day. */
function bucketOf(space: Token, registry: RegistryName): StreamSpec {
  const stored = bucketSubjects(space, registry);
  const config = { max_bytes: 16 * MiB, max_msgs_per_subject: 1, deny_purge: registry !== "members" };
  return ingested(streamName.registry(space, registry), bucketName(space, registry), {
    stored: [stored],
    taken: [ingestKeySubject("*", stored)],
    config,
  });
}

/** Everybody writes here, so it has no ingest. A record lives for an hour; a beat names its own, shorter life. */
function presenceOf(space: Token): StreamSpec {
  return {
    name: streamName.registry(space, "presence"),
    config: {
      ...common,
      subjects: [bucketSubjects(space, "presence")],
      storage: "memory",
      max_bytes: 16 * MiB,
      max_msgs_per_subject: 1,
      max_age: 3600 * second,
      allow_msg_ttl: true,
      deny_purge: true,
    },
  };
}

interface Ingested {
  readonly stored: readonly string[];
  readonly taken: readonly string[];
  readonly config: Row;
}

/** What follows the ingest prefix of a subject is the subject that is stored. */
function ingested(name: string, ingest: string, { stored, taken, config }: Ingested): StreamSpec {
  const [first = "", firstStored = ""] = [taken[0], stored[0]];
  const prefix = first.slice(0, first.length - firstStored.length);
  const transform = { subject_transform: { src: `${prefix}>`, dest: ">" } };
  return { name, ingest, config: { ...common, subjects: taken, ...transform, ...config } };
}

function checked(layout: SpaceLayout): SpaceLayout {
  asToken("space", layout.space);
  const { shards, replicas = 1, storageBytes = leastStorageBytes } = layout;
  requireNumber("a number of shards", shards, shards >= 1 && shards <= maxShards, `1 to ${maxShards}`);
  requireNumber("a number of replicas", replicas, [1, 3, 5].includes(replicas), "1, 3 or 5");
  requireNumber(
    "a size for a space",
    storageBytes,
    storageBytes >= leastStorageBytes,
    `${leastStorageBytes} bytes or more`,
  );
  return layout;
}

function requireNumber(what: string, value: number, fits: boolean, use: string): void {
  if (Number.isSafeInteger(value) && fits) return;
  throw new CotalError("bad-number", `${quoted(value)} is not ${what}`, { hint: `use ${use}` });
}
