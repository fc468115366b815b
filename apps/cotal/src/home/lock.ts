import { randomUUID } from "node:crypto";
import { link, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isRunning, type ProcessIdentity } from "@cotal/broker";
import { sleep, systemClock } from "@cotal/session";
import { CotalError } from "@cotal/subjects";
import { thisProcess } from "../process/this-process.ts";
import { makePrivateFolder, readFileIfAny } from "./private-file.ts";

/**
 * Runs `work` while no other process changes the mesh in this folder; refuses with `mesh-busy` when one does.
 *
 * Holders are numbered files, the highest counts, and only one process can create the next number. The highest
 * is never removed, so that numbers never go back: it is marked as free instead. The lock of a process that
 * has ended is free as well.
 */
export async function withLock<T>(
  folder: string,
  work: () => Promise<T>,
  { waitMs = 0, signal }: LockOptions = {},
): Promise<T> {
  await makePrivateFolder(folder);
  const path = await takeInTime(folder, { until: systemClock.uptime() + waitMs, signal });
  try {
    return await work();
  } finally {
    await rename(await writeDraft(folder, nobody), path);
  }
}

export interface LockOptions {
  /** How long it may be in the hands of others. */
  readonly waitMs?: number;
  readonly signal?: AbortSignal | undefined;
}

const lookAgainMs = 100;

async function takeInTime(
  folder: string,
  { until, signal }: { readonly until: number; readonly signal: AbortSignal | undefined },
): Promise<string> {
  for (;;) {
    try {
      return await take(folder);
    } catch (error) {
      const isBusy = error instanceof CotalError && error.code === "mesh-busy";
      if (!isBusy || systemClock.uptime() >= until) throw error;
      await sleep(systemClock, lookAgainMs, signal);
    }
  }
}

type Holder = ProcessIdentity;

const nobody: Holder = { pid: 0, startTime: "" };
const lockName = /^lock\.([1-9]\d{0,14})\.json$/;

async function take(folder: string): Promise<string> {
  const highest = Math.max(0, ...(await numbersIn(folder)));
  if (highest > 0) await refuseIfHeld(lockPath(folder, highest));
  const own = highest + 1;
  const draft = await writeDraft(folder, thisProcess());
  await link(draft, lockPath(folder, own))
    .catch((error: NodeJS.ErrnoException) => {
      throw error.code === "EEXIST" ? busy() : error;
    })
    .finally(() => rm(draft));
  const numbers = await numbersIn(folder);
  if (numbers.some((other) => other > own)) {
    await rm(lockPath(folder, own), { force: true });
    throw busy();
  }
  for (const older of numbers.filter((other) => other < own)) {
    await rm(lockPath(folder, older), { force: true });
  }
  return lockPath(folder, own);
}

/** A lock that cannot be read holds nobody up: it is written as a whole or not at all. */
async function refuseIfHeld(path: string): Promise<void> {
  const text = await readFileIfAny(path);
  const holder = /^\{"pid":(\d{1,15}),"startTime":"([^"\\]*)"\}$/.exec(text?.trim() ?? "");
  const [, pid = "0", startTime = ""] = holder ?? [];
  if (isRunning({ pid: Number(pid), startTime })) throw busy(Number(pid));
}

async function numbersIn(folder: string): Promise<number[]> {
  return (await readdir(folder)).flatMap((name) => lockName.exec(name)?.[1] ?? []).map(Number);
}

function lockPath(folder: string, number: number): string {
  return join(folder, `lock.${number}.json`);
}

async function writeDraft(folder: string, { pid, startTime }: Holder): Promise<string> {
  const draft = join(folder, `lock.${randomUUID()}.tmp`);
  await writeFile(draft, `${JSON.stringify({ pid, startTime })}\n`, { mode: 0o600, flag: "wx" });
  return draft;
}

function busy(pid?: number): CotalError {
  const who = pid === undefined ? "another command" : `the command with pid ${pid}`;
  return new CotalError("mesh-busy", `${who} is changing this mesh`, {
    hint: "wait until it has ended, then try again",
    ...(pid !== undefined && { data: { pid } }),
  });
}
