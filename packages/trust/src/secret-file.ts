import { randomUUID } from "node:crypto";
import { mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { CotalError, quoted } from "@cotal/subjects";

const maxFileBytes = 1024 * 1024;
const othersMayRead = 0o077;

/** Replaces a file as a whole: whoever reads it gets the old text or the new one. Nobody else may read it. */
export async function writeSecretFile(path: string, text: string): Promise<void> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await refuseOpen(folder);
  const draft = `${path}.${randomUUID()}.tmp`;
  try {
    const file = await open(draft, "wx", 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

/** The text of a file, or `undefined` when there is none. Refuses one that others could have read. */
export async function readSecretFile(path: string): Promise<string | undefined> {
  try {
    await refuseOpen(dirname(path));
    const { size } = await refuseOpen(path);
    if (size > maxFileBytes) throw unusable(path, `it has ${size} bytes, more than any such file`);
    const file = await open(path, "r");
    try {
      return await file.readFile("utf8");
    } finally {
      await file.close();
    }
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Names of what lies in a folder; none when there is no folder. Drafts that a crash left behind are not listed. */
export async function listSecretFiles(folder: string): Promise<string[]> {
  try {
    const names = await readdir(folder);
    return names.filter((name) => !name.endsWith(".tmp")).sort();
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

/** Why a file of keys cannot be used; its content is never shown. */
export function unusable(path: string, why: string, cause?: unknown): CotalError {
  return new CotalError("bad-trust-files", `${quoted(basename(path))} cannot be used: ${why}`, {
    hint: "restore the folder of keys as a whole, or make it anew",
    data: { path },
    ...(cause !== undefined && { cause }),
  });
}

async function refuseOpen(path: string): Promise<{ readonly size: number }> {
  const { mode, size } = await stat(path);
  if (process.platform === "win32" || (mode & othersMayRead) === 0) return { size };
  throw new CotalError("bad-trust-files", `other users of this machine may open ${quoted(basename(path))}`, {
    hint: `take their rights away: chmod go-rwx ${path}`,
    data: { path, mode: (mode & 0o777).toString(8) },
  });
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
