import { randomUUID } from "node:crypto";
import { chmod, lstat, readdir, realpath, stat, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join, sep } from "node:path";
import { CotalError, quoted } from "@cotal/subjects";
import { stateIn } from "../home/json-state.ts";
import { makePrivateFolder, readFileIfAny, writePrivateFile } from "../home/private-file.ts";
import { changeRegister, type Register } from "./register.ts";

export interface ProjectSearch {
  /** Where the caller stands. */
  readonly from: string;
  /** Where the meshes of this user lie; it may itself be called `.cotal`. */
  readonly home: string;
  readonly register: Register;
  /** Who calls; `undefined` where a system knows no users. */
  readonly uid: number | undefined;
}

/**
 * The `.cotal` of the project that the caller stands in: the nearest from here upwards, no further than the home
 * folder or the root of the disk. One that this user has not made here decides nothing: it is refused, because a
 * mesh names programs to start and keys to trust, and a checkout may bring it along.
 */
export async function findProject(search: ProjectSearch): Promise<string | undefined> {
  const top = await realOf(homedir());
  let at = await realOf(search.from);
  const { dev } = await stat(at);
  for (;;) {
    const folder = join(at, folderName);
    if (!isWithin(search.home, folder) && (await isOurs(folder, search))) return folder;
    const above = dirname(at);
    if (at === top || above === at) return undefined;
    if ((await deviceOf(above)) !== dev) return undefined;
    at = above;
  }
}

export interface ProjectWish extends ProjectSearch {
  /** Whether what lies there already, of whoever, is taken over with all that it holds. */
  readonly adopt: boolean;
}

export interface ProjectPlace {
  readonly folder: string;
  /** Makes it, unless that was done before. */
  prepare(): Promise<void>;
}

/** The `.cotal` of this very folder, which may be missing. One above it is refused, for it is meant as well. */
export async function projectHere({ adopt, ...search }: ProjectWish): Promise<ProjectPlace> {
  const { home, register, uid } = search;
  const from = await realOf(search.from);
  const folder = join(from, folderName);
  const seen = await look(folder, uid);
  if (seen === "ours-to-judge") {
    if (await hasMark(folder, register)) return { folder, prepare: () => Promise.resolve() };
    if (!adopt && !(await isBare(folder))) throw untrusted(folder, "it was not made here by you", adoptHint);
  } else {
    const above = await findProject({ ...search, from: dirname(from) });
    if (above !== undefined) throw isBelow(above);
  }
  return { folder, prepare: () => make(folder, home) };
}

async function make(folder: string, home: string): Promise<void> {
  await makePrivateFolder(folder);
  await chmod(folder, 0o700);
  await writeFile(join(folder, ".gitignore"), "# A mesh of Cotal: keys and messages.\n*\n", { mode: 0o600 });
  const mark = randomUUID();
  await writePrivateFile(markPath(folder), `${JSON.stringify({ v: 1, mark })}\n`);
  await changeRegister(home, ({ projects, ...rest }) => ({
    projects: [...projects.filter((each) => each.folder !== folder), { folder, mark }],
    ...rest,
  }));
}

/** Its mesh is no more: what is left in the folder decides nothing, nor is it the chosen one. */
export function forgetMesh(home: string, folder: string): Promise<void> {
  return changeRegister(home, ({ projects, use, ...rest }) => ({
    ...rest,
    projects: projects.filter((each) => each.folder !== folder),
    ...(use !== undefined && use !== folder && { use }),
  }));
}

/** By which a project's folder is known again. */
export function markPath(folder: string): string {
  return join(folder, "project.json");
}

/** Whether it is still the one that the register names. */
export async function hasMark(folder: string, { projects }: Register): Promise<boolean> {
  const known = projects.find((each) => each.folder === folder);
  if (known === undefined) return false;
  // A folder whose mark cannot be read is not the one that was made here.
  const text = await readFileIfAny(markPath(folder)).catch(unreachable);
  return stateIn(text ?? "")?.mark === known.mark;
}

const folderName = ".cotal";

async function isOurs(
  folder: string,
  { register, uid }: Pick<ProjectSearch, "register" | "uid">,
): Promise<boolean> {
  if ((await look(folder, uid)) === "absent") return false;
  if (await hasMark(folder, register)) return true;
  if (await isBare(folder)) return false;
  throw untrusted(folder, "it was not made here by you", adoptHint);
}

/** Refuses what somebody else could have put there, or could put something into. */
async function look(folder: string, uid: number | undefined): Promise<"absent" | "ours-to-judge"> {
  const facts = await lstat(folder).catch(unreachable);
  if (facts === undefined) return "absent";
  if (!facts.isDirectory()) throw untrusted(folder, "it is no folder of its own");
  if (uid !== undefined && facts.uid !== uid) throw untrusted(folder, "it belongs to another user");
  if ((facts.mode & 0o022) !== 0) {
    throw untrusted(folder, "others may write into it", `chmod 700 ${quoted(folder)}, if nobody did`);
  }
  return "ours-to-judge";
}

/** Nothing of a mesh lies there: what is left after one was deleted, or an empty folder. */
async function isBare(folder: string): Promise<boolean> {
  const names = await readdir(folder);
  return names.every((name) => /^(\.gitignore|project\.json|lock\.\d+\.json)$/.test(name));
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder + sep);
}

/** Without the links in it; a path that leads nowhere stays as it is. */
async function realOf(path: string): Promise<string> {
  return (await realpath(path).catch(unreachable)) ?? path;
}

async function deviceOf(path: string): Promise<number | undefined> {
  return (await stat(path).catch(unreachable))?.dev;
}

/** What is not there, or may not be looked at, is nothing. */
function unreachable(error: NodeJS.ErrnoException): undefined {
  if (["ENOENT", "ENOTDIR", "EACCES", "ELOOP"].includes(error.code ?? "")) return undefined;
  throw error;
}

const adoptHint =
  "if you trust all that it holds, keys and agents too: cotal up --here --adopt; to mean another mesh: --space <name>";

function untrusted(folder: string, why: string, hint = "to mean another mesh: --space <name>"): CotalError {
  return new CotalError("project-untrusted", `${quoted(folder)} is not used: ${why}`, {
    hint,
    data: { folder, why },
  });
}

function isBelow(above: string): CotalError {
  return new CotalError("project-nested", `this folder belongs to the project of ${quoted(above)}`, {
    hint: "cotal up starts or heals that one; for a mesh of this folder alone: mkdir .cotal, then again",
    data: { folder: above },
  });
}
