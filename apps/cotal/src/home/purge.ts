import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { markPath } from "../place/project.ts";
import type { MeshFiles } from "./mesh-files.ts";

/** What is deleted with a mesh, and what stays where it lay. */
export interface Purge {
  readonly deletes: readonly { readonly what: string; readonly path: string }[];
  /** The lock of the folder, and what somebody else has put there. */
  readonly leaves: readonly string[];
}

export async function purgePlan(files: MeshFiles): Promise<Purge> {
  const names = await namesIn(files.folder);
  const paths = names.map((name) => join(files.folder, name));
  const known = [
    { what: "settings", path: files.settings },
    { what: "streams and logs", path: files.broker },
    { what: "keys", path: files.trust },
    { what: "credentials", path: files.peers },
    { what: "agents", path: files.seats },
    { what: "delivery log", path: files.delivery },
    { what: "manager log", path: files.manager },
    { what: "doctor's notes", path: files.bundles },
    { what: "copies of older formats", path: files.copies },
    { what: "mark of the project", path: markPath(files.folder) },
  ];
  const deletes = known.filter(({ path }) => paths.includes(path));
  return { deletes, leaves: paths.filter((path) => !known.some((one) => one.path === path)) };
}

/** The settings go first: without them the rest is no mesh that somebody could take for whole. */
export async function purgeMesh(files: MeshFiles): Promise<Purge> {
  const plan = await purgePlan(files);
  for (const { path } of plan.deletes) await rm(path, { recursive: true, force: true });
  return plan;
}

async function namesIn(folder: string): Promise<string[]> {
  return await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
}
