import { rm } from "node:fs/promises";
import { join } from "node:path";
import { root } from "../repo/root.ts";
import { readFiles } from "../repo/text-file.ts";
import { isProgram, isPublished, packagesOf } from "../repo/workspace.ts";
import { bundleProgram } from "./bundle.ts";
import type { Report } from "./check.ts";
import { runTool } from "./command.ts";

/**
 * Builds all published packages from nothing, so that no earlier output hides an error or is published. A library
 * is published file by file, a program as one bundle.
 */
export async function build(): Promise<Report> {
  const published = packagesOf(readFiles(root)).filter(isPublished);
  for (const { folder } of published) {
    await removeOutput(folder);
    await rm(join(root, folder, "tsconfig.tsbuildinfo"), { force: true });
  }
  const report = await runTool("tsc", ["-b", "tsconfig.build.json"]);
  if (!report.ok) return report;
  for (const { folder } of published.filter(isProgram)) {
    await removeOutput(folder);
    await bundleProgram(join(root, folder), join(root, folder, "dist"));
  }
  return report;
}

function removeOutput(folder: string): Promise<void> {
  return rm(join(root, folder, "dist"), { recursive: true, force: true });
}
