import { type FileHandle, open } from "node:fs/promises";
import { sleep, systemClock } from "@cotal/session";

/** The end of a log, and where it ends: what is written later stands behind it. */
export interface LogEnd {
  readonly lines: readonly string[];
  readonly end: number;
}

/** More than anybody reads. */
const tailBytes = 4 * 1024 * 1024;
const newline = 10;

/** The last lines of a log, also those of the file that was full before; none when there is no log. */
export async function lastLines(path: string, count: number): Promise<LogEnd> {
  const present = await tailOf(path);
  if (present.lines.length >= count) return { ...present, lines: present.lines.slice(-count) };
  const before = await tailOf(`${path}.1`);
  return { ...present, lines: [...before.lines, ...present.lines].slice(-count) };
}

async function tailOf(path: string): Promise<LogEnd> {
  const file = await openIfAny(path);
  if (file === undefined) return { lines: [], end: 0 };
  try {
    const { size } = await file.stat();
    const start = Math.max(0, size - tailBytes);
    const { lines, bytes } = await linesFrom(file, start);
    // A line that began before is not whole.
    return { lines: start === 0 ? lines : lines.slice(1), end: start + bytes };
  } finally {
    await file.close();
  }
}

export interface Following {
  readonly from: number;
  readonly signal: AbortSignal;
  readonly onLine: (line: string) => void;
}

const lookMs = 200;

/** Hands out what is written from a place on, until the signal is aborted. A full log is emptied: it goes on from its beginning. */
export async function followLog(path: string, { from, signal, onLine }: Following): Promise<void> {
  let place = from;
  while (!signal.aborted) {
    await using file = await openIfAny(path);
    const { size } = (await file?.stat()) ?? { size: 0 };
    if (size < place) {
      for (const line of await restOf(`${path}.1`, place)) onLine(line);
      place = 0;
    }
    if (file !== undefined && size > place) {
      const { lines, bytes } = await linesFrom(file, place);
      for (const line of lines) onLine(line);
      place += bytes;
    }
    await Promise.allSettled([sleep(systemClock, lookMs, signal)]);
  }
}

async function restOf(path: string, from: number): Promise<readonly string[]> {
  await using file = await openIfAny(path);
  return file === undefined ? [] : (await linesFrom(file, from)).lines;
}

/** Whole lines from a place on, and how many bytes they are. */
async function linesFrom(
  file: FileHandle,
  start: number,
): Promise<{ readonly lines: readonly string[]; readonly bytes: number }> {
  const { size } = await file.stat();
  const room = Math.min(tailBytes, Math.max(0, size - start));
  const { buffer, bytesRead } = await file.read(Buffer.alloc(room), 0, room, start);
  const bytes = buffer.subarray(0, bytesRead).lastIndexOf(newline) + 1;
  const text = buffer.toString("utf8", 0, bytes);
  return { lines: text.split("\n").filter((line) => line !== ""), bytes };
}

async function openIfAny(path: string): Promise<FileHandle | undefined> {
  return await open(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
}
