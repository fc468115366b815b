import { join } from "node:path";
import { systemClock } from "@cotal/session";
import { endOfLog } from "../home/file-log.ts";
import type { MeshFiles } from "../home/mesh-files.ts";
import { writePrivateFile } from "../home/private-file.ts";
import { programVersion } from "../program-version.ts";
import { masked } from "./masked.ts";

const logLines = 200;

/** Writes one file that can be shown to others: findings, versions, and the logs of the fabric; of agents none. */
export async function writeBundle(files: MeshFiles, findings: readonly object[]): Promise<string> {
  const at = new Date(systemClock.now()).toISOString();
  const logs = {
    broker: await linesOf(join(files.broker, "nats-server.log")),
    delivery: await linesOf(join(files.delivery, "log")),
    manager: await linesOf(files.managerLog),
  };
  const { version: node, platform, arch } = process;
  const bundle = { v: 1, at, version: programVersion(), node, platform, arch, findings, logs };
  const path = join(files.bundles, `doctor-${at.replaceAll(":", "-")}.json`);
  await writePrivateFile(path, `${masked(JSON.stringify(bundle, null, 2))}\n`);
  return path;
}

/** What is not there has said nothing. */
async function linesOf(path: string): Promise<string[]> {
  return await endOfLog(path, logLines).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
}
