import { CotalError } from "@cotal/subjects";
import { isRunning, type ProcessIdentity, type ProcessSignal, signalProcess } from "./process-facts.ts";
import { readBrokerRecord } from "./record.ts";
import { until } from "./wait.ts";

export interface StopOptions {
  /** Lets clients move away first: takes 10 s and more while one is left. */
  readonly drain?: boolean;
  /** How long it may take before it is ended harder. */
  readonly timeoutMs?: number;
  /**
   * Aborted, clients are let no more time. A server that drains has closed its store by then, and hears no TERM
   * while it waits.
   */
  readonly signal?: AbortSignal | undefined;
}

export interface StopOutcome {
  /** `killed`: it did not end in time by itself. */
  readonly kind: "stopped" | "killed" | "not-running";
}

/** Stops the broker of a folder, ready or not. */
export async function stopBroker(folder: string, options: StopOptions = {}): Promise<StopOutcome> {
  const state = await readBrokerRecord(folder);
  return state.kind === "running" ? await stopProcess(state.record, options) : { kind: "not-running" };
}

/** Ends a process in bounded time; every signal goes only to the very process that is meant. */
export async function stopProcess(
  target: ProcessIdentity,
  { drain = false, timeoutMs = 10_000, signal }: StopOptions = {},
): Promise<StopOutcome> {
  if (!isRunning(target)) return { kind: "not-running" };
  if (drain && (await endsAfter(target, "SIGUSR2", { timeoutMs, signal }))) return { kind: "stopped" };
  const politeMs = drain ? hardMs : timeoutMs;
  if (await endsAfter(target, "SIGTERM", { timeoutMs: politeMs })) return { kind: "stopped" };
  if (await endsAfter(target, "SIGKILL", { timeoutMs: hardMs })) return { kind: "killed" };
  throw new CotalError("broker-unstoppable", `process ${target.pid} still runs after SIGKILL`, {
    hint: "its disk may hang; look at the process with ps",
    data: { pid: target.pid },
  });
}

const hardMs = 5000;

async function endsAfter(
  target: ProcessIdentity,
  order: ProcessSignal,
  { timeoutMs, signal }: Pick<StopOptions, "signal"> & { readonly timeoutMs: number },
): Promise<boolean> {
  if (!signalProcess(target, order)) return true;
  const isOver = (): boolean | undefined => {
    if (!isRunning(target)) return true;
    return signal?.aborted === true ? false : undefined;
  };
  return (await until(isOver, { timeoutMs })) === true;
}
