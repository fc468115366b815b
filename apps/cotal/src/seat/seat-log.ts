import { appendFileSync, copyFileSync, statSync, truncateSync } from "node:fs";
import { type Log, systemClock } from "@cotal/session";
import type { Token } from "@cotal/subjects";
import type { MeshFiles } from "../home/mesh-files.ts";
import { jsonLine } from "../report/printable.ts";
import { seatFiles } from "./seat.ts";

const maxBytes = 10 * 1024 * 1024;

/** What happens in a seat, one JSON document for each. One full log is kept beside the present one. */
export function createSeatLog(files: MeshFiles, name: Token): Log {
  const { log: path } = seatFiles(files, name);
  return ({ level, event, fields }) => {
    if (level === "debug") return;
    // Emptied and not renamed: the process writes its last words through the descriptor it was started with.
    if (statSync(path).size > maxBytes) {
      copyFileSync(path, `${path}.1`);
      truncateSync(path);
    }
    const at = new Date(systemClock.now()).toISOString();
    appendFileSync(path, `${jsonLine({ at, level, event, ...fields })}\n`, { mode: 0o600 });
  };
}
