import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { formatBytes } from "../bytes.ts";
import type { Call, Definition } from "../command.ts";
import { homeOf, meshFilesOf, registerPath } from "../home/mesh-files.ts";
import { type Line, toned } from "../report/line.ts";
import type { Outcome } from "../report/reporter.ts";
import { runtimeFolder } from "../seat/socket-path.ts";

export const definition: Definition<never> = {
  options: [],
  details: [
    "COTAL_HOME=<folder> moves everything; without it the XDG folder for data holds it. The mesh of a project lies",
    "in its .cotal folder.",
  ],
};

/** `bytes` is `null` where nothing lies. */
interface PathFact {
  readonly what: string;
  readonly path: string;
  readonly bytes: number | null;
}

export async function run({ host }: Call<never>): Promise<Outcome> {
  const files = await meshFilesOf(host);
  const paths: PathFact[] = [];
  for (const [what, path] of [
    ["mesh", files.folder],
    ["settings", files.settings],
    ["keys", files.trust],
    ["broker", files.broker],
    ["credentials", files.peers],
    ["agents", files.seats],
    ["sockets", runtimeFolder(host)],
    ["spaces", registerPath(homeOf(host))],
  ] as const) {
    paths.push({ what, path, bytes: (await sizeOf(path)) ?? null });
  }
  return { result: { paths }, lines: paths.map(lineOf) };
}

function lineOf({ what, path, bytes }: PathFact): Line {
  const size = bytes === null ? "absent" : formatBytes(bytes);
  return [what.padEnd(12), toned("dim", size.padStart(10)), `  ${path}`];
}

/** Of a file, or of all that is below a folder; links are not followed. What goes meanwhile counts as nothing. */
async function sizeOf(path: string): Promise<number | undefined> {
  try {
    const facts = await lstat(path);
    if (!facts.isDirectory()) return facts.size;
    let sum = 0;
    for (const name of await readdir(path)) sum += (await sizeOf(join(path, name))) ?? 0;
    return sum;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
