import { rm } from "node:fs/promises";
import { join } from "node:path";
import { root } from "../repo/root.ts";
import { readFiles } from "../repo/text-file.ts";
import { isPublished, packagesOf } from "../repo/workspace.ts";
import type { Report } from "./check.ts";
import { runTool } from "./command.ts";

/** Builds all published packages from nothing, so that no earlier output hides an error or is published. */
export async function build(): Promise<Report> {
  for (const { folder } of packagesOf(readFiles(root)).filter(isPublished)) {
    await rm(join(root, folder, "dist"), { recursive: true, force: true });
    await rm(join(root, folder, "tsconfig.tsbuildinfo"), { force: true });
  }
  return runTool("tsc", ["-b", "tsconfig.build.json"]);
}
