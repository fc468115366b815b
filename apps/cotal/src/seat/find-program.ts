import { access, constants, stat } from "node:fs/promises";
import { delimiter, join, resolve } from "node:path";
import { CotalError, quoted } from "@cotal/subjects";

/** Where to look for a program. */
export interface Search {
  readonly cwd: string;
  readonly path: string | undefined;
}

/** The file that a word of a command line means, as a shell finds it; `program-missing` when there is none. */
export async function findProgram(word: string, { cwd, path = "" }: Search): Promise<string> {
  const isPath = word.includes("/");
  const candidates = isPath
    ? [resolve(cwd, word)]
    : path.split(delimiter).map((folder) => join(resolve(cwd, folder), word));
  for (const candidate of candidates) if (await isExecutable(candidate)) return candidate;
  throw new CotalError("program-missing", `there is no program ${quoted(word)}`, {
    hint: isPath ? "check the path, and whether you may execute it" : `looked in the PATH: ${path}`,
    data: { program: word, path, cwd },
  });
}

export async function requireFolder(cwd: string): Promise<void> {
  if (await isFolder(cwd)) return;
  throw new CotalError("usage", `${quoted(cwd)} is no folder`, { hint: "name one with --cwd" });
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
