import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../repo/root.ts";
import { readFiles } from "../repo/text-file.ts";
import { isPublished, packagesOf, type WorkspacePackage } from "../repo/workspace.ts";
import { runCommand, runPnpm } from "./command.ts";

/** A published package as its users get it. */
export interface PackedPackage extends WorkspacePackage {
  readonly tarball: string;
}

/** Packs every published package into a folder of its own that is gone when `use` has ended. */
export async function withPacked<T>(
  use: (packed: readonly PackedPackage[], scratch: string) => Promise<T>,
): Promise<T> {
  const scratch = await mkdtemp(join(tmpdir(), "cotal-pack-"));
  try {
    const published = packagesOf(readFiles(root)).filter(isPublished);
    const packed = await Promise.all(
      published.map(async (one, at) => ({ ...one, tarball: await pack(one, join(scratch, `pack-${at}`)) })),
    );
    return await use(packed, scratch);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Unpacks a tarball, whose content stands in `package/`, into a folder. */
export async function unpack(tarball: string, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const done = await runCommand({
    program: "tar",
    args: ["-xzf", tarball, "-C", folder, "--strip-components=1"],
  });
  if (!done.ok) throw new Error(done.output);
}

async function pack({ folder }: WorkspacePackage, destination: string): Promise<string> {
  await mkdir(destination);
  const done = await runPnpm(["pack", "--pack-destination", destination], join(root, folder));
  const [name] = await readdir(destination);
  if (!done.ok || name === undefined) throw new Error(`${folder} cannot be packed:\n${done.output}`);
  return join(destination, name);
}
