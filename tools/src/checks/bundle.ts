import { build } from "esbuild";
import { directImports } from "./direct-imports.ts";

/**
 * Makes one bundle of the program in a folder: its code, that of the workspace, and what these need. A command
 * that is loaded only when it is called stays a file of its own, and parts that two of them share are written once.
 */
export async function bundleProgram(folder: string, outdir: string): Promise<void> {
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
    external: [...withNativeCode],
    plugins: [directImports],
    // Names stay, for whoever reads where an error came from.
    minifySyntax: true,
    minifyWhitespace: true,
    // Packages of the older kind ask for parts of Node by a word that modules do not have.
    banner: {
      js: 'import { createRequire as ownRequire } from "node:module"; const require = ownRequire(import.meta.url);',
    },
    logLevel: "warning",
  });
}

/** They are loaded from where they are installed. */
const withNativeCode = ["@lydell/node-pty"] as const;
