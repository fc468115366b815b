import { copyFile, mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundleProgram } from "@cotal/tools/bundle";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    /** The file that the command is, as it is published. */
    program: string;
  }
}

const app = fileURLToPath(new URL("../../../apps/cotal", import.meta.url));

/** Builds the command once for all tests, in a folder of this run; it finds what it needs from there. */
export async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const cache = join(app, "node_modules/.cache");
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(join(cache, "cotal-"));
  await copyFile(join(app, "package.json"), join(folder, "package.json"));
  await bundleProgram(app, join(folder, "dist"));
  provide("program", join(folder, "dist/bin.js"));
  return () => rm(folder, { recursive: true, force: true });
}
