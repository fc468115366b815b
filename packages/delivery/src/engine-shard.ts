import {
  backoffMs,
  brokerError,
  type Clock,
  errorFields,
  type Log,
  onAbort,
  type RetryPolicy,
} from "@cotal/session";
import { protocolVersion } from "@cotal/wire";
import type { EngineSettings } from "./engine-options.ts";
import type { Leadership } from "./leadership.ts";
import type { ShardStats } from "./shard-stats.ts";

/** What a daemon does about one shard. */
export interface ShardReport {
  readonly shard: number;
  readonly holder: string;
  /** The release that the daemon runs. */
  readonly version: string;
  /** The wire protocol that it speaks; absent where its release does not say. */
  readonly protocol?: string | undefined;
  readonly state: "seeking" | "leading" | "ready" | "failed" | "refused";
  /** Of the lead that it has, or had last. */
  readonly epoch?: number | undefined;
  /** Of the state, in ms since 1970. */
  readonly since: number;
  /** Why it has failed or is refused. */
  readonly code?: string | undefined;
  /** What was done in the lead that it has, or had last, on the present connection. */
  readonly stats?: ShardStats | undefined;
}

/** One shard of those that a daemon is to serve, over all its connections. */
export interface ServedShard {
  readonly report: ShardReport;
  /** On a new connection nothing is known of it yet. */
  begin(stats: () => ShardStats | undefined): void;
  /** Does `work` as the leader, and tells how far it came. */
  lead(leadership: Leadership, work: (leadership: Leadership) => Promise<void>): Promise<void>;
  /** What it failed with. The answer is how long to wait before it is tried again, unless it is not. */
  fail(failure: unknown): { readonly againInMs: number } | "refused";
}

export interface ServedShardDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly settings: Pick<EngineSettings, "holder" | "version" | "onEvent">;
}

/** After a lead that has failed; what failed may be of the shard's own data, and stay. */
const againPolicy: RetryPolicy = {
  baseMs: 1_000,
  capMs: 30_000,
  limit: { unboundedBecause: "somebody has to deliver; the failure is told each time" },
};

export function createServedShard(shard: number, { clock, log, settings }: ServedShardDeps): ServedShard {
  const { holder, version, onEvent } = settings;
  const self = { shard, holder, version, protocol: protocolVersion };
  let report: ShardReport = { ...self, state: "seeking", since: clock.now() };
  let stats: () => ShardStats | undefined = () => undefined;
  /** Since it was last ready. */
  let failures = 0;
  const become = (next: Pick<ShardReport, "state" | "epoch" | "code">): void => {
    report = { ...self, epoch: report.epoch, ...next, since: clock.now() };
  };
  return {
    get report() {
      return { ...report, stats: stats() };
    },
    begin: (read) => {
      stats = read;
      become({ state: "seeking" });
    },
    lead: async (leadership, work) => {
      const { epoch, signal } = leadership;
      become({ state: "leading", epoch });
      const forget = onAbort(signal, () => {
        if (report.state === "ready") onEvent({ kind: "lost", shard });
        become({ state: "seeking" });
      });
      const ready = async (): Promise<void> => {
        await leadership.ready();
        failures = 0;
        become({ state: "ready" });
        onEvent({ kind: "leads", shard });
      };
      await work({ ...leadership, ready }).finally(forget);
    },
    fail: (failure) => {
      const error = brokerError(failure);
      const kind = error.code === "lease-held" ? "refused" : "failed";
      become({ state: kind, code: error.code });
      log({ level: "error", event: `delivery.${kind}`, fields: { shard, ...errorFields(error) } });
      onEvent({ kind, shard, error });
      if (kind === "refused") return kind;
      return { againInMs: backoffMs(againPolicy, ++failures, Math.random()) };
    },
  };
}
