import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type Replacement, seededText } from "./seeded-bug.ts";

/** The folder of this repository. */
export const root: string = fileURLToPath(new URL("../../../../", import.meta.url));

/** The sources as they lie here, in a folder of their own, with what is installed linked. */
export interface WorkspaceCopy extends AsyncDisposable {
  readonly root: string;
  /** For whatever runs in it. */
  readonly scratch: string;
  /** Ends that. */
  readonly signal: AbortSignal;
  /** Does something while a text is replaced in it. */
  withReplaced<T>(replacement: Replacement, work: () => Promise<T>): Promise<T>;
}

export async function copyWorkspace(signal: AbortSignal): Promise<WorkspaceCopy> {
  const folder = await mkdtemp(join(tmpdir(), "cotal-bugs-"));
  const to = join(folder, "workspace");
  const scratch = join(folder, "scratch");
  await mkdir(scratch);
  const files = await ownFiles();
  for (const path of files) await cp(join(root, path), join(to, path));
  const packages = files.filter((path) => path.endsWith("package.json")).map((path) => dirname(path));
  for (const path of packages) await linkInstalled(join(root, path), join(to, path));
  return {
    root: to,
    scratch,
    signal,
    withReplaced: async (replacement, work) => {
      const path = join(to, replacement.file);
      const text = await readFile(path, "utf8");
      await writeFile(path, seededText(text, replacement));
      try {
        return await work();
      } finally {
        await writeFile(path, text);
      }
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

/** What belongs to the repository, also what is not committed yet. */
async function ownFiles(): Promise<readonly string[]> {
  const args = ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate"];
  const { stdout } = await promisify(execFile)("git", args, { cwd: root, maxBuffer: 64 * 1024 ** 2 });
  return stdout.split("\0").filter((path) => path !== "" && existsSync(join(root, path)));
}

/** Packages of the workspace are found in the copy, all others where they are installed. */
async function linkInstalled(from: string, to: string): Promise<void> {
  const installed = join(from, "node_modules");
  if (from === join(root, ".")) return await symlink(installed, join(to, "node_modules"));
  if (!existsSync(installed)) return;
  await cp(installed, join(to, "node_modules"), {
    recursive: true,
    verbatimSymlinks: true,
    filter: (path) => !path.endsWith("node_modules/.cache"),
  });
}
