import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type ProcessIdentity, processFacts, signalProcess } from "@cotal/broker";
import { verifies } from "@cotal/requirements";
import { afterAll, describe, expect, test } from "vitest";
import { eventually } from "../src/eventually.ts";
import { startTestBroker } from "../src/test-broker.ts";

interface Note {
  readonly folder: string;
  readonly broker: number;
  readonly owner: number;
}

const fixtures = join(import.meta.dirname, "fixtures");
const vitest = join(dirname(createRequire(import.meta.url).resolve("vitest/package.json")), "vitest.mjs");
const notes = mkdtempSync(join(tmpdir(), "cotal-notes-"));
const started: ChildProcess[] = [];
const owners: ProcessIdentity[] = [];

afterAll(async () => {
  for (const child of started.splice(0)) await end(child);
  for (const owner of owners) signalProcess(owner, "SIGKILL");
  rmSync(notes, { recursive: true, force: true });
});

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}

function node(args: readonly string[], environment: NodeJS.ProcessEnv = {}): ChildProcess {
  const child = spawn(process.execPath, args, { stdio: "ignore", env: { ...process.env, ...environment } });
  started.push(child);
  return child;
}

/** Pids of the living processes whose command line names the folder: broker and guard. */
function naming(folder: string): number[] {
  return execFileSync("ps", ["-eww", "-o", "pid=,stat=,args="], { encoding: "utf8" })
    .split("\n")
    .filter((line) => line.includes(folder) && !/^\s*\d+\s+Z/.test(line))
    .map((line) => Number.parseInt(line, 10));
}

async function noted(path: string): Promise<Note> {
  const note = await eventually(() => JSON.parse(readFileSync(path, "utf8")) as Note, {
    what: "the note of the hanging program",
    timeoutMs: 90_000,
  });
  const facts = processFacts(note.owner);
  if (facts.kind !== "absent") owners.push({ pid: note.owner, startTime: facts.startTime });
  return note;
}

async function expectGone({ folder, broker, owner }: Note): Promise<void> {
  await eventually(
    () => {
      expect(naming(folder)).toEqual([]);
      expect(existsSync(folder)).toBe(false);
      expect(processFacts(broker).kind).not.toBe("alive");
      expect(processFacts(owner).kind).not.toBe("alive");
    },
    { what: "the end of everything that the run started" },
  );
}

describe("what a test started disappears", () => {
  test("when its process is killed", async () => {
    verifies("BROK-41");
    const note = join(notes, "program");
    const program = join(fixtures, "hanging-program.ts");
    const child = node(["--conditions", "cotal-source", "--import", "tsx", program, note]);
    const left = await noted(note);
    expect(naming(left.folder)).toHaveLength(2);
    await end(child);
    await expectGone(left);
  });

  test("when the vitest above its process is killed", async () => {
    verifies("BROK-41");
    const note = join(notes, "run");
    const child = node([vitest, "run", "--config", join(fixtures, "vitest.config.ts")], { HANG_NOTE: note });
    const left = await noted(note);
    expect(left.owner).not.toBe(child.pid);
    await end(child);
    await expectGone(left);
  });

  test("when it is disposed of, whatever state it is in", async () => {
    verifies("BROK-41");
    const states = ["running", "killed", "stopped", "paused"] as const;
    for (const state of states) {
      const broker = await startTestBroker();
      expect(naming(broker.folder)).toHaveLength(2);
      if (state === "killed") await broker.kill();
      if (state === "stopped") await broker.stop();
      if (state === "paused") await broker.pause();
      await broker[Symbol.asyncDispose]();
      await broker[Symbol.asyncDispose]();
      expect(naming(broker.folder)).toEqual([]);
      expect(existsSync(broker.folder)).toBe(false);
    }
  });
});
