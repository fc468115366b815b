import { constants, cp, mkdir, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { CotalError, quoted } from "@cotal/subjects";
import { programVersion } from "../program-version.ts";
import type { MeshFiles } from "./mesh-files.ts";
import { writePrivateFile } from "./private-file.ts";
import type { StateRules } from "./state-format.ts";
import { seeState, stateNewer, stateOlder } from "./state-sight.ts";

/** What has been done to the state of a mesh. */
export interface Migrated {
  readonly from: number;
  readonly to: number;
  /** Where the state lies as it was. */
  readonly copy: string;
}

export interface MigrateOptions {
  readonly rules: StateRules;
  /** Whether anything of the mesh runs, which would go on to write as it knows. */
  readonly isRunning: () => Promise<boolean>;
  readonly step: (text: string) => void;
}

/**
 * Brings the state of a mesh to the format of this program, step by step, once it was copied as a whole. Cut off at
 * any moment it is done again: the number is raised after each step, and a copy that is whole is never written over.
 * The caller holds the lock. `undefined`: nothing was to be done.
 */
export async function migrateState(
  files: MeshFiles,
  { rules, isRunning, step }: MigrateOptions,
): Promise<Migrated | undefined> {
  const { format: to, migrations } = rules;
  const sight = await seeState(files, to);
  const at = { path: files.settings, known: to };
  if (sight.kind === "newer") throw stateNewer(sight, at);
  if (sight.kind !== "older") return undefined;
  const from = sight.format;
  const formats = Array.from({ length: to - from }, (_, more) => from + more);
  const steps = formats.map((format) => migrations.find((each) => each.from === format));
  if (steps.includes(undefined)) throw tooOld(files, from, to);
  if (await isRunning()) throw stateOlder(sight, at);
  step(`copying the state of format ${from}`);
  const copy = await copyOnce(files, from);
  for (const migration of steps) {
    if (migration === undefined) continue;
    step(`bringing the state to format ${migration.from + 1}`);
    try {
      await migration.run(files.folder);
    } catch (cause) {
      throw notMigrated(migration.from, copy, cause);
    }
    await raise(files, migration.from + 1);
  }
  return { from, to, copy };
}

/** All but the copies, the locks, and what a process has left half written. */
async function copyOnce({ folder, copies }: MeshFiles, format: number): Promise<string> {
  const copy = join(copies, `format-${format}`);
  const names = await readdir(folder);
  if ((await readdir(copies).catch(none)).includes(`format-${format}`)) return copy;
  const draft = `${copy}.tmp`;
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { recursive: true, mode: 0o700 });
  const own = names.filter((name) => !/^(copies|lock\..*|.*\.tmp)$/.test(name));
  const how = {
    recursive: true,
    preserveTimestamps: true,
    verbatimSymlinks: true,
    mode: constants.COPYFILE_FICLONE,
  };
  for (const name of own) await cp(join(folder, name), join(draft, name), how);
  await rename(draft, copy);
  return copy;
}

function none(error: NodeJS.ErrnoException): readonly string[] {
  if (error.code === "ENOENT") return [];
  throw error;
}

/** What the step has written stays; only who wrote it and the number are new. */
async function raise(files: MeshFiles, format: number): Promise<void> {
  const sight = await seeState(files, format);
  if (!("state" in sight))
    throw new CotalError("internal", `a step to format ${format} has lost the settings`);
  const state = { ...sight.state, format, program: programVersion() };
  await writePrivateFile(files.settings, `${JSON.stringify(state, null, 2)}\n`);
}

function tooOld({ settings: path }: MeshFiles, from: number, to: number): CotalError {
  return new CotalError(
    "state-older",
    `the mesh has format ${from}, from which nothing leads to format ${to}`,
    {
      hint: "bring it to a later format with an older cotal first; the guide on upgrades names which",
      data: { path, format: from, known: to },
    },
  );
}

function notMigrated(from: number, copy: string, cause: unknown): CotalError {
  return new CotalError(
    "state-older",
    `the state could not be brought from format ${from} to format ${from + 1}; it lies as it was in ${quoted(copy)}`,
    {
      hint: "cotal up tries it again; the guide on upgrades says how to go back",
      data: { format: from, copy },
      cause,
    },
  );
}
