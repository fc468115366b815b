import { open, statfs } from "node:fs/promises";
import { type Broker, brokerFiles } from "@cotal/broker";
import { CotalError } from "@cotal/subjects";
import { formatBytes } from "../bytes.ts";
import { type Check, failed, okay, warning } from "./check.ts";
import type { Mesh } from "./mesh.ts";

/** Less than a broker needs to go on writing. */
const leastBytes = 16 * 1024 * 1024;
const again = "make room, then cotal down and cotal up --detach: what is stored stays";

/** Whether the disk has room for all that the space may store, and whether it had it since the broker was started. */
export async function checkDisk(
  { files, settings }: Pick<Mesh, "files" | "settings">,
  broker: Pick<Broker, "pid"> | undefined,
): Promise<Check> {
  try {
    const { bavail, bsize } = await statfs(files.folder);
    const free = bavail * bsize;
    const evidence = `${formatBytes(free)} free, the space may store ${formatBytes(settings.storageBytes)}`;
    if (free < leastBytes) return failed("disk", full(evidence));
    const stuck =
      broker === undefined ? [] : stuckStreams(await endOf(brokerFiles(files.broker).log), broker);
    if (stuck.length > 0)
      return failed(
        "disk",
        full(`there was no room: ${stuck.join(", ")} take nothing until the broker starts anew`),
      );
    if (free >= settings.storageBytes) return okay("disk", evidence);
    return warning("disk", evidence, "make room, or watch the storage in cotal status");
  } catch (error) {
    return failed("disk", error);
  }
}

/** A stream that could not be written once is not written any more, and no answer of the broker tells so. */
export function stuckStreams(log: string, { pid }: Pick<Broker, "pid">): readonly string[] {
  const own = log.split("\n").filter((line) => line.startsWith(`[${pid}] `));
  const named = own.flatMap((line) => /Filestore \[(\S+)\] Critical write error/.exec(line)?.[1] ?? []);
  return [...new Set(named)].sort();
}

function full(what: string): CotalError {
  return new CotalError("disk-full", what, { hint: again });
}

const mostBytes = 1024 * 1024;

async function endOf(path: string): Promise<string> {
  await using file = await open(path);
  const { size } = await file.stat();
  const start = Math.max(0, size - mostBytes);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(mostBytes), 0, mostBytes, start);
  return buffer.toString("utf8", 0, bytesRead);
}
