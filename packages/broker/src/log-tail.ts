import { open } from "node:fs/promises";
import type { BrokerFiles } from "./config.ts";

const lines = 20;
const bytes = 16 * 1024;

/** The last lines that the server said, in its log and outside it. */
export async function logTail({ log, errors }: BrokerFiles): Promise<string[]> {
  const text = (await endOf(log)) + (await endOf(errors));
  return text.split("\n").filter(Boolean).slice(-lines);
}

async function endOf(path: string): Promise<string> {
  try {
    await using file = await open(path);
    const { size } = await file.stat();
    const { buffer, bytesRead } = await file.read(Buffer.alloc(bytes), 0, bytes, Math.max(0, size - bytes));
    return buffer.toString("utf8", 0, bytesRead);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  }
}
