import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import type { WorkspaceCopy } from "./workspace-copy.ts";

/**
 * Runs Node in the copy, for a bounded time, and leaves none of what was started there behind. The answer is what it
 * has written.
 */
export async function runNode(
  { root, scratch, signal }: WorkspaceCopy,
  args: readonly string[],
  { timeoutMs }: { readonly timeoutMs: number },
): Promise<string> {
  await mkdir(scratch, { recursive: true });
  const child = spawn(process.execPath, args, {
    cwd: root,
    env: { ...process.env, TMPDIR: scratch },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: timeoutMs,
    killSignal: "SIGKILL",
    signal,
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (part: string) => {
      output += part;
    });
  }
  try {
    await once(child, "exit");
    return output;
  } finally {
    await endThoseOf(scratch);
    await rm(scratch, { recursive: true, force: true, maxRetries: 10 });
  }
}

/** A daemon that was started in a folder names it, on its command line or among its variables. */
async function endThoseOf(folder: string): Promise<void> {
  for (let look = 0; look < 50; look++) {
    const found = await namedBy(folder);
    if (found.length === 0) return;
    for (const pid of found) endOne(pid);
    await pause(100);
  }
  throw new Error(`processes of ${folder} do not end`);
}

/** Where there is no /proc nobody is found: what a run has started it has to end by itself there. */
async function namedBy(folder: string): Promise<readonly number[]> {
  const pids = (await readdir("/proc").catch(() => [])).map(Number).filter((pid) => pid > 0);
  const told = await Promise.all(
    pids.map(async (pid) => {
      const texts = ["cmdline", "environ"].map((of) => readFile(`/proc/${pid}/${of}`, "latin1"));
      const read = await Promise.allSettled(texts);
      return read.some((text) => text.status === "fulfilled" && text.value.includes(folder)) ? [pid] : [];
    }),
  );
  return told.flat().filter((pid) => pid !== process.pid);
}

function endOne(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
