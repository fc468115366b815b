/** One stream of a space. Where its subjects hold an ingest secret stands `*`, so that it can be shown. */
export interface StreamSpec {
  readonly name: string;
  /** Whose secret stands in its subjects; a stream without one takes them from everybody who may publish. */
  readonly ingest?: string;
  readonly config: StreamConfig;
}

/** What is held to the table, with the broker's names and units; times are in nanoseconds. */
export interface StreamConfig {
  readonly subjects: readonly string[];
  readonly subject_transform: { readonly src: string; readonly dest: string } | null;
  readonly retention: "limits" | "workqueue" | "interest";
  readonly storage: "file" | "memory";
  readonly num_replicas: number;
  readonly discard: "old" | "new";
  /** A subject that has its number of messages takes no more; else its oldest goes. */
  readonly discard_new_per_subject: boolean;
  readonly max_bytes: number;
  readonly max_age: number;
  readonly max_msgs: number;
  readonly max_msgs_per_subject: number;
  readonly max_msg_size: number;
  readonly duplicate_window: number;
  readonly allow_direct: boolean;
  readonly allow_rollup_hdrs: boolean;
  readonly allow_atomic: boolean;
  readonly allow_msg_ttl: boolean;
  readonly allow_msg_schedules: boolean;
  readonly subject_delete_marker_ttl: number;
  readonly deny_delete: boolean;
  readonly deny_purge: boolean;
  readonly no_ack: boolean;
  readonly mirror: object | null;
  readonly sources: readonly object[] | null;
  readonly republish: object | null;
}
