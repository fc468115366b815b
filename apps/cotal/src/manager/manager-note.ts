import { rm } from "node:fs/promises";
import { join } from "node:path";
import { isRunning } from "@cotal/broker";
import { systemClock } from "@cotal/session";
import { stateIn } from "../home/json-state.ts";
import type { MeshFiles } from "../home/mesh-files.ts";
import { readFileIfAny, writePrivateFile } from "../home/private-file.ts";
import type { LaunchedProcess } from "../process/launch.ts";
import { thisProcess } from "../process/this-process.ts";
import { type Release, releaseIn, thisRelease } from "../release.ts";

/** The manager of this host. It notes itself down while it runs, and ends when its note is another's. */
export interface ManagerNote extends LaunchedProcess, Release {
  /** Whether it holds its lease and answers. */
  readonly ready: boolean;
}

/** The manager that runs; one that has ended counts as none. */
export async function runningManager(files: MeshFiles): Promise<ManagerNote | undefined> {
  const state = stateIn((await readFileIfAny(noteOf(files))) ?? "") ?? {};
  const { v, pid, startTime, since, ready } = state;
  if (v !== 1 || typeof pid !== "number" || typeof startTime !== "string" || typeof since !== "number")
    return;
  const note: ManagerNote = { pid, startTime, since, ready: ready === true, ...releaseIn(state) };
  return isRunning(note) ? note : undefined;
}

export interface ManagerEntry {
  readonly note: ManagerNote;
  /** Whether it is still this process that is noted down. */
  stands(): Promise<boolean>;
  setReady(ready: boolean): Promise<void>;
  takeBack(): Promise<void>;
}

/** Notes this process down. */
export async function enterManager(files: MeshFiles): Promise<ManagerEntry> {
  const self = thisProcess();
  const { pid } = self;
  const note: ManagerNote = { ...self, since: systemClock.now(), ready: false, ...thisRelease() };
  const write = (ready: boolean): Promise<void> =>
    writePrivateFile(noteOf(files), `${JSON.stringify({ v: 1, ...note, ready })}\n`);
  const stands = async (): Promise<boolean> => (await runningManager(files))?.pid === pid;
  await write(false);
  return {
    note,
    stands,
    setReady: async (ready) => {
      if (await stands()) await write(ready);
    },
    takeBack: async () => {
      if (await stands()) await rm(noteOf(files), { force: true });
    },
  };
}

function noteOf({ manager }: MeshFiles): string {
  return join(manager, "manager.json");
}
