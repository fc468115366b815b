import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { runTool } from "../checks/command.ts";
import type { TextFile } from "../repo/text-file.ts";

/** Writes files below `root` and lays them out as the formatter wants. */
export async function writeFiles(root: string, files: readonly TextFile[]): Promise<void> {
  for (const { path, text } of files) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  if (files.length === 0) return;
  const paths = files.map(({ path }) => join(root, path)).filter((path) => !path.endsWith(".md"));
  const done = await runTool("biome", ["format", "--write", ...paths]);
  if (!done.ok) throw new Error(done.output);
}
