import { spawn } from "node:child_process";
import { once } from "node:events";
import { verifies } from "@cotal/requirements";
import { describe, expect, test } from "vitest";
import {
  factsFromProc,
  factsFromPs,
  isRunning,
  type ProcessFacts,
  type ProcessIdentity,
  processFacts,
  signalProcess,
} from "../src/process-facts.ts";
import { stopProcess } from "../src/stop.ts";
import { until } from "../src/wait.ts";

function identityOf(pid: number): ProcessIdentity {
  const facts = processFacts(pid);
  if (facts.kind === "absent") throw new Error(`${pid} is absent`);
  return { pid, startTime: facts.startTime };
}

/** A process whose child has ended and is not collected. */
async function withZombie(use: (pid: number) => Promise<void>): Promise<void> {
  const parent = spawn("/bin/sh", ["-c", "sleep 0 & echo $!; exec sleep 600"], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  try {
    const [line] = await once(parent.stdout, "data");
    await use(Number(String(line)));
  } finally {
    const ended = once(parent, "exit");
    parent.kill("SIGKILL");
    await ended;
  }
}

describe("a process", () => {
  test("that runs keeps one start time, and another process has another", async () => {
    verifies("BROK-30");
    const other = spawn("/bin/sh", ["-c", "read end"], { stdio: ["pipe", "ignore", "ignore"] });
    await once(other, "spawn");
    const identity = identityOf(other.pid ?? 0);
    expect(identityOf(other.pid ?? 0)).toEqual(identity);
    expect(identity.startTime).not.toBe(identityOf(process.pid).startTime);
    expect(isRunning(identity)).toBe(true);
    const ended = once(other, "exit");
    other.stdin.end();
    await ended;
    expect(processFacts(identity.pid)).toEqual({ kind: "absent" });
    expect(isRunning(identity)).toBe(false);
  });

  test.each([
    ["/proc", factsFromProc],
    ["ps", factsFromPs],
  ] as const)(
    "that has ended and is not collected is a zombie to %s",
    async (_source, facts: (pid: number) => ProcessFacts) => {
      verifies("BROK-30");
      await withZombie(async (pid) => {
        expect(
          await until(() => (facts(pid).kind === "zombie" ? true : undefined), { timeoutMs: 30_000 }),
        ).toBe(true);
        expect(isRunning({ pid, startTime: (facts(pid) as ProcessIdentity & ProcessFacts).startTime })).toBe(
          false,
        );
      });
      expect(facts(process.pid).kind).toBe("alive");
      expect(facts(2 ** 22 + 1)).toEqual({ kind: "absent" });
    },
  );

  test("with a nonsensical pid is absent", () => {
    for (const pid of [0, -1, 1.5, Number.NaN, 2 ** 60])
      expect(processFacts(pid)).toEqual({ kind: "absent" });
  });

  test("that took over the pid of another gets no signal", async () => {
    verifies("BROK-31", "BROK-34");
    const stranger = spawn("/bin/sh", ["-c", "read end"], { stdio: ["pipe", "ignore", "ignore"] });
    await once(stranger, "spawn");
    const former = { pid: stranger.pid ?? 0, startTime: "an earlier one" };
    expect(signalProcess(former, "SIGKILL")).toBe(false);
    expect(await stopProcess(former)).toEqual({ kind: "not-running" });
    const ended = once(stranger, "exit");
    stranger.stdin.end();
    expect(await ended).toEqual([1, null]);
  });
});

describe("stopping", () => {
  test("kills what does not end in time, and says so", async () => {
    verifies("BROK-33");
    const stubborn = spawn("/bin/sh", ["-c", "trap '' TERM; echo ready; read end"], {
      stdio: ["pipe", "pipe", "ignore"],
    });
    await once(stubborn.stdout, "data");
    const ended = once(stubborn, "exit");
    expect(await stopProcess(identityOf(stubborn.pid ?? 0), { timeoutMs: 50 })).toEqual({ kind: "killed" });
    expect(await ended).toEqual([null, "SIGKILL"]);
  });
});
