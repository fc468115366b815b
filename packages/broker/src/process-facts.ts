import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

/**
 * What the system says about a pid. A zombie has ended and only waits to be collected: it holds
 * nothing any more. (`kill(pid, 0)` takes it for alive.)
 */
export type ProcessFacts =
  | { readonly kind: "absent" }
  | { readonly kind: "alive" | "zombie"; readonly startTime: string };

/** A process, told apart from a later one with the same pid. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Opaque; equal only for the same process. */
  readonly startTime: string;
}

/** Not SIGUSR1: it makes nats-server open its log anew and forget how many older ones to keep. */
export type ProcessSignal = "SIGCONT" | "SIGHUP" | "SIGKILL" | "SIGSTOP" | "SIGTERM" | "SIGUSR2";

export function processFacts(pid: number): ProcessFacts {
  if (!Number.isSafeInteger(pid) || pid < 1) return { kind: "absent" };
  return process.platform === "linux" ? factsFromProc(pid) : factsFromPs(pid);
}

export function isRunning({ pid, startTime }: ProcessIdentity): boolean {
  const facts = processFacts(pid);
  return facts.kind === "alive" && facts.startTime === startTime;
}

/** Sends the signal if the process is still the one meant; says whether it was. */
export function signalProcess(identity: ProcessIdentity, signal: ProcessSignal): boolean {
  if (!isRunning(identity)) return false;
  try {
    return process.kill(identity.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
    throw error;
  }
}

/** Linux: the kernel's ticks since boot, with the boot they are counted from. */
export function factsFromProc(pid: number): ProcessFacts {
  const stat = textOf(`/proc/${pid}/stat`);
  if (stat === undefined) return { kind: "absent" };
  // The command stands in parentheses and may hold spaces and parentheses itself.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [state = "", ticks = ""] = [fields[0], fields[19]];
  const boot = textOf("/proc/sys/kernel/random/boot_id")?.slice(0, 8) ?? "";
  return { kind: ended(state) ? "zombie" : "alive", startTime: `${boot}:${ticks}` };
}

/** Other systems: what `ps` prints, to the second, in one language and one time zone. */
export function factsFromPs(pid: number): ProcessFacts {
  const { stdout = "" } = spawnSync("ps", ["-o", "stat=,lstart=", "-p", String(pid)], {
    encoding: "utf8",
    env: { LC_ALL: "C", TZ: "UTC", PATH: "/bin:/usr/bin" },
    timeout: 10_000,
  });
  const [state, ...start] = stdout.trim().split(/\s+/);
  if (state === undefined || state === "") return { kind: "absent" };
  return { kind: ended(state) ? "zombie" : "alive", startTime: start.join(" ") };
}

function ended(state: string): boolean {
  return state.startsWith("Z") || state.startsWith("X");
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ESRCH") return undefined;
    throw error;
  }
}
