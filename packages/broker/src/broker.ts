import { CotalError } from "@cotal/subjects";
import { brokerFiles } from "./config.ts";
import type { LocalDurability } from "./durability.ts";
import type { ExitCause } from "./launch.ts";
import { logTail } from "./log-tail.ts";
import { isRunning, type ProcessIdentity, type ProcessSignal, signalProcess } from "./process-facts.ts";
import type { Ready } from "./readiness.ts";
import type { BrokerRecord } from "./record.ts";
import { type StopOptions, type StopOutcome, stopProcess } from "./stop.ts";
import { until } from "./wait.ts";

export interface BrokerExit {
  readonly cause: ExitCause;
  /** The end of its log. */
  readonly log: readonly string[];
}

/** A broker that is, or was, ready. */
export interface Broker extends ProcessIdentity {
  readonly folder: string;
  readonly port: number;
  /** For programs of this machine; `tls://` when it takes no connection in the clear. */
  readonly url: string;
  /** What its clients need to trust it; `undefined` when it does not speak TLS. */
  readonly tls: { readonly caFile?: string } | undefined;
  readonly monitorUrl: string | undefined;
  readonly version: string;
  readonly durability: LocalDurability;
  readonly logFile: string;
  /** Settles when it has ended, for whatever reason. */
  exited(options?: { readonly signal?: AbortSignal }): Promise<BrokerExit>;
  /** `broker-absent` when it has ended. */
  signal(name: ProcessSignal): void;
  stop(options?: StopOptions): Promise<StopOutcome>;
}

export interface BrokerParts {
  readonly folder: string;
  readonly record: BrokerRecord;
  readonly ready: Ready;
  /** How it ended; asked only once it has. */
  readonly exit: () => Promise<ExitCause>;
}

export function brokerOf({ folder, record, ready, exit }: BrokerParts): Broker {
  const { pid, startTime, durability, caFile } = record;
  const { url, port, monitorUrl, version } = ready;
  const files = brokerFiles(folder);
  return {
    pid,
    startTime,
    folder,
    port,
    url,
    tls: url.startsWith("tls:") ? { ...(caFile !== undefined && { caFile }) } : undefined,
    monitorUrl,
    version,
    durability,
    logFile: files.log,
    exited: async ({ signal } = {}) => {
      await until(() => (isRunning(record) ? undefined : true), {
        timeoutMs: Number.POSITIVE_INFINITY,
        signal,
        pollMs: process.platform === "linux" ? 20 : 500,
      });
      return { cause: await exit(), log: await logTail(files) };
    },
    signal: (name) => {
      if (signalProcess(record, name)) return;
      throw new CotalError("broker-absent", `the broker with pid ${pid} has ended`, { data: { pid } });
    },
    stop: (options) => stopProcess(record, options),
  };
}
