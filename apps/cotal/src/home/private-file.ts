import { randomUUID } from "node:crypto";
import { mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

/** Replaces a file as a whole, in a folder that is made when it is missing. Only this user may open either. */
export async function writePrivateFile(path: string, text: string): Promise<void> {
  await makePrivateFolder(dirname(path));
  const draft = `${path}.${randomUUID()}.tmp`;
  try {
    await writeFile(draft, text, { mode: 0o600, flag: "wx" });
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

/** With its parents. Each is tried once more at most: where a folder cannot be, Node's own recursion never ends. */
export async function makePrivateFolder(path: string): Promise<void> {
  const made = await makeOne(path);
  if (made !== "no-parent") return;
  await makePrivateFolder(dirname(path));
  if ((await makeOne(path)) !== "no-parent") return;
  throw Object.assign(new Error("its parent takes no folder"), { code: "EPERM", path });
}

async function makeOne(path: string): Promise<"made" | "there" | "no-parent"> {
  try {
    await mkdir(path, { mode: 0o700 });
    return "made";
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" && dirname(path) !== path) return "no-parent";
    if (code === "EEXIST" && (await stat(path)).isDirectory()) return "there";
    throw error;
  }
}

/** `undefined` when there is no such file. */
export function readFileIfAny(path: string): Promise<string | undefined> {
  return readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
}
