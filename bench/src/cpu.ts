import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";

/** What the machine and we have worked so far, in clock ticks. */
export interface CpuReading {
  readonly busy: number;
  readonly idle: number;
  readonly own: number;
}

/** `null` where the system does not tell. `processes` are ours besides this one. */
export function readCpu(processes: readonly number[] = []): CpuReading | null {
  try {
    const all = parseCpuLine(readFileSync("/proc/stat", "utf8"));
    const own = [process.pid, ...processes].map((pid) =>
      parseTicks(readFileSync(`/proc/${pid}/stat`, "utf8")),
    );
    return { ...all, own: own.reduce((sum, ticks) => sum + ticks, 0) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

/** The share of the whole machine that others used between two readings. */
export function foreignShare(before: CpuReading, after: CpuReading): number {
  const busy = after.busy - before.busy;
  const total = busy + after.idle - before.idle;
  const foreign = busy - (after.own - before.own);
  return total <= 0 ? 0 : Math.max(0, foreign) / total;
}

/** The first line of /proc/stat: user nice system idle iowait irq softirq steal, and guests that user includes. */
export function parseCpuLine(text: string): { busy: number; idle: number } {
  const ticks = (/^cpu +([\d ]+)/.exec(text)?.[1] ?? "").split(" ").map(Number);
  const [user = 0, nice = 0, system = 0, idle = 0, waiting = 0, irq = 0, softIrq = 0, stolen = 0] = ticks;
  return { busy: user + nice + system + irq + softIrq + stolen, idle: idle + waiting };
}

/** User and system ticks of /proc/<pid>/stat; its second field is a name that may hold anything. */
export function parseTicks(text: string): number {
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return Number(fields[11]) + Number(fields[12]);
}

export const processors: number = availableParallelism();
