import { chmod, lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { CotalError, quoted } from "@cotal/subjects";
import type { MeshFiles } from "../home/mesh-files.ts";
import { failed, okay } from "../mesh/check.ts";
import type { Finding } from "./finding.ts";

interface OpenFile {
  readonly path: string;
  readonly mode: number;
  readonly wanted: number;
}

/**
 * Whether others than this user could open what lies in the mesh: its folder, and, as they may be copied out of
 * it, each file of keys and credentials by itself. Links are not followed.
 */
export async function checkFileModes({ folder, trust, peers }: MeshFiles): Promise<Finding> {
  const open = [...(await openAt(folder)), ...(await openBelow(trust)), ...(await openBelow(peers))];
  if (open.length === 0) return okay("files", "no other user may open them");
  const [first] = open.map(({ path, mode }) => `${quoted(path)} has mode ${mode.toString(8)}`);
  const more = open.length > 1 ? `, and ${open.length - 1} more` : "";
  const error = new CotalError("bad-trust-files", `others may open files of the mesh: ${first}${more}`, {
    hint: "cotal doctor --fix",
    data: { paths: open.map(({ path }) => path) },
  });
  const fix = async (): Promise<string> => {
    for (const { path, wanted } of open) await chmod(path, wanted);
    return `took the rights of others from ${open.length} files and folders`;
  };
  return { ...failed("files", error), fix };
}

const forOthers = 0o077;

async function openBelow(path: string): Promise<OpenFile[]> {
  const own = await openAt(path);
  const names = await readdir(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOTDIR" || error.code === "ENOENT") return [];
    throw error;
  });
  const below = await Promise.all(names.map((name) => openBelow(join(path, name))));
  return [...own, ...below.flat()];
}

/** What goes meanwhile is open to nobody. */
async function openAt(path: string): Promise<OpenFile[]> {
  const facts = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (facts === undefined || facts.isSymbolicLink()) return [];
  const mode = facts.mode & 0o777;
  return (mode & forOthers) === 0 ? [] : [{ path, mode, wanted: mode & 0o700 }];
}
