import { appendFileSync, copyFileSync, existsSync, renameSync, statSync, truncateSync } from "node:fs";
import { open } from "node:fs/promises";
import { type Log, systemClock } from "@cotal/session";
import { jsonLine } from "../report/printable.ts";
import { isNoRoom } from "./no-room.ts";

const maxBytes = 10 * 1024 * 1024;

/** Beside the present one. */
const fullLogs = 4;

/**
 * What happens in a process, one JSON document for each. Some full logs are kept beside the present one. Where there
 * is no room for it the line is lost: nothing else fails for that.
 */
export function createFileLog(path: string, more: Readonly<Record<string, unknown>> = {}): Log {
  return ({ level, event, fields }) => {
    if (level === "debug") return;
    const at = new Date(systemClock.now()).toISOString();
    try {
      append(path, `${jsonLine({ at, level, event, ...more, ...fields })}\n`);
    } catch (error) {
      if (!isNoRoom(error)) throw error;
    }
  };
}

function append(path: string, line: string): void {
  // Emptied and not renamed: the process writes its last words through the descriptor it was started with.
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > maxBytes) {
    makeRoom(path);
    copyFileSync(path, `${path}.1`);
    truncateSync(path);
  }
  appendFileSync(path, line, { mode: 0o600 });
}

/** The oldest one gives way. */
function makeRoom(path: string): void {
  for (let number = fullLogs; number > 1; number--) {
    const younger = `${path}.${number - 1}`;
    if (existsSync(younger)) renameSync(younger, `${path}.${number}`);
  }
}

const tailBytes = 16 * 1024;

/** The last lines of a log. */
export async function endOfLog(path: string, lines: number): Promise<string[]> {
  await using file = await open(path);
  const { size } = await file.stat();
  const start = Math.max(0, size - tailBytes);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(tailBytes), 0, tailBytes, start);
  return buffer.toString("utf8", 0, bytesRead).split("\n").filter(Boolean).slice(-lines);
}
