import { randomUUID } from "node:crypto";
import { link, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { CotalError, quoted } from "@cotal/subjects";
import type { LocalDurability } from "./durability.ts";
import { isRunning, type ProcessIdentity } from "./process-facts.ts";

/** The note about the broker of a folder, from which another program finds it again. */
export interface BrokerRecord extends ProcessIdentity {
  readonly v: 1;
  readonly binary: string;
  readonly durability: LocalDurability;
  /** The authority that signed its certificate, where clients have to be told. */
  readonly caFile?: string | undefined;
  /** Known once it was ready; a later start can ask for the same one. */
  readonly port?: number;
}

export type BrokerState =
  | { readonly kind: "absent" }
  /** `stale`: the process that the record names has ended. */
  | { readonly kind: "running" | "stale"; readonly record: BrokerRecord };

export async function readBrokerRecord(folder: string): Promise<BrokerState> {
  const newest = await newestClaim(folder);
  if (newest === undefined) return { kind: "absent" };
  return { kind: isRunning(newest.record) ? "running" : "stale", record: newest.record };
}

/** The right to run in a folder; it ends with the process that the record names. */
export interface Claim {
  update(record: BrokerRecord): Promise<void>;
}

/**
 * Takes the folder for the process that the record names, or refuses with `store-in-use`.
 *
 * Claims are numbered files, the highest counts. Each taker creates the next number, which only one
 * can, and removes lower ones; as the highest is never removed, numbers never go back, and a
 * taker that was overtaken sees a higher one than its own.
 */
export async function claimFolder(folder: string, record: BrokerRecord): Promise<Claim> {
  const newest = await newestClaim(folder);
  if (newest && isRunning(newest.record)) throw inUse(folder, newest.record.pid);
  return await takeNumber(folder, (newest?.number ?? 0) + 1, record);
}

/** The second half of a claim: by now somebody else may have taken this number, or a higher one. */
export async function takeNumber(folder: string, number: number, record: BrokerRecord): Promise<Claim> {
  const path = claimPath(folder, number);
  const draft = await writeDraft(folder, record);
  await link(draft, path)
    .catch((error: NodeJS.ErrnoException) => {
      throw error.code === "EEXIST" ? inUse(folder) : error;
    })
    .finally(() => rm(draft));
  const numbers = await claimNumbers(folder);
  if (numbers.some((other) => other > number)) {
    await rm(path, { force: true });
    throw inUse(folder);
  }
  for (const older of numbers.filter((other) => other < number)) {
    await rm(claimPath(folder, older), { force: true });
  }
  return {
    update: async (changed) => await rename(await writeDraft(folder, changed), path),
  };
}

const claimName = /^broker\.([1-9]\d{0,14})\.json$/;

function claimPath(folder: string, number: number): string {
  return `${folder}/broker.${number}.json`;
}

async function claimNumbers(folder: string): Promise<number[]> {
  const names = await readdir(folder).catch(absent);
  return (names ?? []).flatMap((name) => claimName.exec(name)?.[1] ?? []).map(Number);
}

async function newestClaim(folder: string): Promise<{ number: number; record: BrokerRecord } | undefined> {
  // A claim that vanishes between the two looks was overtaken by a higher one.
  for (let look = 0; look < 100; look++) {
    const number = Math.max(0, ...(await claimNumbers(folder)));
    if (number === 0) return undefined;
    const path = claimPath(folder, number);
    const text = await readFile(path, "utf8").catch(absent);
    if (text !== undefined) return { number, record: parseRecord(path, text) };
  }
  throw inUse(folder);
}

async function writeDraft(folder: string, record: BrokerRecord): Promise<string> {
  const draft = `${folder}/broker.${randomUUID()}.draft`;
  await writeFile(draft, `${JSON.stringify(record)}\n`, { mode: 0o600, flag: "wx" });
  return draft;
}

function parseRecord(path: string, text: string): BrokerRecord {
  const record = jsonOf(text);
  if (isRecord(record)) return record;
  throw new CotalError("bad-record", `${quoted(path)} is no record of a broker that this version knows`, {
    hint: "make sure that no broker runs on this folder, then remove the file",
    data: { path },
  });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isRecord(value: unknown): value is BrokerRecord {
  if (typeof value !== "object" || value === null) return false;
  const { v, pid, startTime, binary, durability, caFile, port } = value as Record<string, unknown>;
  return (
    v === 1 &&
    Number.isSafeInteger(pid) &&
    typeof startTime === "string" &&
    typeof binary === "string" &&
    isDurability(durability) &&
    (caFile === undefined || typeof caFile === "string") &&
    (port === undefined || Number.isSafeInteger(port))
  );
}

function isDurability(value: unknown): value is LocalDurability {
  const { kind, intervalMs } = (value ?? {}) as Record<string, unknown>;
  return kind === "fsync-each" || (kind === "group-commit" && Number.isSafeInteger(intervalMs));
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code === "ENOENT") return undefined;
  throw error;
}

function inUse(folder: string, pid?: number): CotalError {
  const holder = pid === undefined ? "another start" : `the broker with pid ${pid}`;
  return new CotalError("store-in-use", `${quoted(folder)} is used by ${holder}`, {
    hint: "use the one that runs, or stop it first; a second broker needs a folder of its own",
    data: pid === undefined ? { folder } : { folder, pid },
  });
}
