import { CotalError, quoted } from "@cotal/subjects";
import { type State, stateIn } from "../home/json-state.ts";
import { withLock } from "../home/lock.ts";
import { registerPath } from "../home/mesh-files.ts";
import { readFileIfAny, writePrivateFile } from "../home/private-file.ts";

/** What this user has of meshes beside the main one, and which of all was chosen. */
export interface Register {
  readonly projects: readonly Project[];
  /** The folder of the mesh that `cotal use` has chosen. */
  readonly use?: string | undefined;
  /** Links to spaces elsewhere, without a secret. */
  readonly joined: readonly string[];
}

/** A mesh that this user has made in a project, or taken over. */
export interface Project {
  /** The `.cotal` folder, without links in its path. */
  readonly folder: string;
  /** The same stands in the folder: what was put in its place later does not have it. */
  readonly mark: string;
}

const empty: Register = { projects: [], joined: [] };

/** `home`: the folder in which the meshes of this user lie. */
export async function readRegister(home: string): Promise<Register> {
  const path = registerPath(home);
  const text = await readFileIfAny(path);
  if (text === undefined) return empty;
  const state = stateIn(text);
  if (state !== undefined && isRegister(state)) {
    const { projects, use, joined } = state;
    return { projects, use, joined };
  }
  if (typeof state?.v === "number" && state.v > 1) {
    throw new CotalError("state-newer", `${quoted(path)} was written by a newer cotal`, {
      hint: "use the newer cotal",
      data: { path },
    });
  }
  throw new CotalError("bad-state", `${quoted(path)} cannot be read`, {
    hint: "delete it, then take each project's mesh over again: cotal up --here --adopt",
    data: { path },
  });
}

/** One change at a time. Nothing is written when nothing differs. */
export async function changeRegister(home: string, change: (now: Register) => Register): Promise<void> {
  if ((await changed(home, change)) === undefined) return;
  const write = async (): Promise<void> => {
    const next = await changed(home, change);
    if (next === undefined) return;
    await writePrivateFile(registerPath(home), `${JSON.stringify({ v: 1, ...next }, null, 2)}\n`);
  };
  await withLock(home, write, { waitMs: lockWaitMs });
}

async function changed(home: string, change: (now: Register) => Register): Promise<Register | undefined> {
  const now = await readRegister(home);
  const next = change(now);
  return JSON.stringify(next) === JSON.stringify(now) ? undefined : next;
}

const lockWaitMs = 10_000;

function isRegister(state: State): state is State & Register {
  const { v, projects, use, joined } = state;
  return (
    v === 1 &&
    Array.isArray(projects) &&
    projects.every(isProject) &&
    (use === undefined || typeof use === "string") &&
    Array.isArray(joined) &&
    joined.every((link) => typeof link === "string")
  );
}

function isProject(value: unknown): boolean {
  const { folder, mark } = (value ?? {}) as State;
  return typeof folder === "string" && typeof mark === "string" && mark !== "";
}
