import { copyFile, mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { root } from "../repo/root.ts";
import { bundleProgram } from "./bundle.ts";

/** A program of this repository as it is published, until it is disposed of. */
export interface PublishedProgram extends AsyncDisposable {
  /** What Node is started with. */
  readonly path: string;
}

/** Builds it in a folder of its own, from which it finds what it loads from beside itself. */
export async function publishedProgram(name: string): Promise<PublishedProgram> {
  const app = join(root, "apps", name);
  const cache = join(app, "node_modules/.cache");
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(join(cache, `${name}-`));
  await copyFile(join(app, "package.json"), join(folder, "package.json"));
  await bundleProgram(app, join(folder, "dist"));
  return {
    path: join(folder, "dist/bin.js"),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}
