import { isRunning, type ProcessIdentity, signalProcess } from "@cotal/broker";
import { sleep, systemClock } from "@cotal/session";

export interface StopOptions {
  /** How long it may take to end by itself. */
  readonly graceMs: number;
  /** Aborted, by force at once. */
  readonly forced: AbortSignal;
}

/** `killed`: it did not end in time by itself. `unstoppable`: nor did it when it was killed. */
export type Stopping = "stopped" | "killed" | "unstoppable";

const hardMs = 5_000;
/** The longest pause between two looks; most processes end within a few milliseconds. */
const pollMs = 20;

/** Ends a process. Its pid is trusted only together with its start time. */
export async function stopProcess(
  identity: ProcessIdentity,
  { graceMs, forced }: StopOptions,
): Promise<Stopping> {
  signalProcess(identity, "SIGTERM");
  if (await ends(identity, { withinMs: graceMs, forced })) return "stopped";
  signalProcess(identity, "SIGKILL");
  return (await ends(identity, { withinMs: hardMs })) ? "killed" : "unstoppable";
}

async function ends(
  identity: ProcessIdentity,
  { withinMs, forced }: { readonly withinMs: number; readonly forced?: AbortSignal },
): Promise<boolean> {
  const until = systemClock.uptime() + withinMs;
  for (let pauseMs = 2; isRunning(identity); pauseMs = Math.min(pollMs, pauseMs * 1.5)) {
    if (forced?.aborted === true || systemClock.uptime() >= until) return false;
    await sleep(systemClock, pauseMs);
  }
  return true;
}
