import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { isRunning, processFacts } from "@cotal/broker";
import { systemClock } from "@cotal/session";
import { stateIn } from "../home/json-state.ts";
import type { MeshFiles } from "../home/mesh-files.ts";
import { readFileIfAny, writePrivateFile } from "../home/private-file.ts";
import type { LaunchedProcess } from "../process/launch.ts";
import { type Release, releaseIn, thisRelease } from "../release.ts";

/** A delivery daemon of this host. It notes itself down while it runs, and ends when its note is gone. */
export interface Daemon extends LaunchedProcess, Release {
  /** Whether it waits for a lead that another has. */
  readonly standby: boolean;
  /** Under which it holds leases; absent where its release does not say. */
  readonly holder?: string | undefined;
}

/** Notes this process down; the answer takes that back. */
export async function enterDaemon(
  files: MeshFiles,
  { standby, holder }: Pick<Daemon, "standby" | "holder">,
): Promise<() => Promise<void>> {
  const { pid } = process;
  const facts = processFacts(pid);
  const startTime = facts.kind === "absent" ? "" : facts.startTime;
  const daemon: Daemon = { pid, startTime, since: systemClock.now(), standby, holder, ...thisRelease() };
  await writePrivateFile(recordOf(files, pid), `${JSON.stringify({ v: 1, ...daemon })}\n`);
  return () => rm(recordOf(files, pid), { force: true });
}

/** Whether this process is still noted down. */
export async function isEntered(files: MeshFiles): Promise<boolean> {
  return (await readDaemon(recordOf(files, process.pid))) !== undefined;
}

/** Those that run, and those that have ended without taking their note back: killed, or failed. */
export async function listDaemons(
  files: MeshFiles,
): Promise<{ readonly running: readonly Daemon[]; readonly ended: readonly Daemon[] }> {
  const names = await readdir(files.delivery).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  const records = names.filter((name) => recordName.test(name)).sort();
  const read = await Promise.all(records.map((name) => readDaemon(join(files.delivery, name))));
  const daemons = read.filter((daemon) => daemon !== undefined);
  return {
    running: daemons.filter(isRunning),
    ended: daemons.filter((daemon) => !isRunning(daemon)),
  };
}

export function forgetDaemon(files: MeshFiles, { pid }: Pick<Daemon, "pid">): Promise<void> {
  return rm(recordOf(files, pid), { force: true });
}

export function logOf({ delivery }: MeshFiles): string {
  return join(delivery, "log");
}

const recordName = /^daemon\.[1-9]\d*\.json$/;

function recordOf({ delivery }: MeshFiles, pid: number): string {
  return join(delivery, `daemon.${pid}.json`);
}

/** Nothing of what cannot be read: such a daemon ends by itself. */
async function readDaemon(path: string): Promise<Daemon | undefined> {
  const state = stateIn((await readFileIfAny(path)) ?? "") ?? {};
  const { v, pid, startTime, since, standby, holder } = state;
  if (v !== 1 || typeof pid !== "number" || typeof startTime !== "string" || typeof since !== "number")
    return undefined;
  const held = typeof holder === "string" && { holder };
  return { pid, startTime, since, standby: standby === true, ...held, ...releaseIn(state) };
}
