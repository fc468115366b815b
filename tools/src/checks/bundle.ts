import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";
import type { Manifest } from "../repo/workspace.ts";

/**
 * Makes one bundle of the program in a folder: its code, that of the workspace, and what the latter needs. What
 * the program itself names from outside stays outside, as it may hold native code. A command that is loaded only
 * when it is called stays a file of its own, and parts that two of them share are written once.
 */
export async function bundleProgram(folder: string, outdir: string): Promise<void> {
  const manifest: Manifest = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
  await build({
    absWorkingDir: folder,
    entryPoints: ["src/bin.ts"],
    outdir,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20.19",
    conditions: ["cotal-source"],
    external: outside(manifest),
    // Packages of the older kind ask for parts of Node by a word that modules do not have.
    banner: {
      js: 'import { createRequire as ownRequire } from "node:module"; const require = ownRequire(import.meta.url);',
    },
    logLevel: "warning",
  });
}

function outside({ dependencies = {}, optionalDependencies = {} }: Manifest): string[] {
  const named = Object.entries({ ...dependencies, ...optionalDependencies });
  return named.filter(([, range]) => !range.startsWith("workspace:")).map(([name]) => name);
}
