import { readdir, readFile, rm } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { isRunning } from "@cotal/broker";
import { eventually } from "@cotal/harness";
import { verifies } from "@cotal/requirements";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type TestUser, testUser } from "./cotal.ts";

let user: TestUser;
beforeEach(async () => {
  user = await testUser();
});
afterEach(() => user[Symbol.asyncDispose]());

const phases = [
  "looking for the keys",
  "starting the broker",
  "setting up the space",
  "looking after your peer",
  "starting delivery",
] as const;

describe("up in the foreground", () => {
  test.each(["SIGINT", "SIGHUP", "SIGTERM"] as const)("is a clean down on %s", async (signal) => {
    verifies("CLI-27");
    const up = user.start(["up"]);
    await up.says("join link");
    expect(await user.brokerPid()).toBeDefined();
    up.child.kill(signal);
    const { code, stdout } = await up.finished();
    expect([code, stdout]).toEqual([0, expect.stringContaining("the mesh is stopped")]);
    expect(await user.brokerPid()).toBeUndefined();
    expect(await user.daemons()).toEqual([]);
  });

  test("prints one document when it is up and one when it has ended", async () => {
    verifies("CLI-5", "CLI-27");
    const up = user.start(["up", "--json"]);
    await up.says('"link"');
    up.child.kill("SIGINT");
    const { stdout, code } = await up.finished();
    const documents = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(code).toBe(0);
    expect(documents).toMatchObject([
      { v: 1, command: "up", ok: true, result: { started: true } },
      { v: 1, command: "up", ok: true, result: { stopped: "stopped" } },
    ]);
  });

  test("is forced down by a second Ctrl-C, also when the broker does not listen", async () => {
    verifies("CLI-27");
    const up = user.start(["up", "--json"]);
    await up.says('"link"');
    process.kill((await user.brokerPid()) ?? 0, "SIGSTOP");
    up.child.kill("SIGINT");
    // What follows at once counts as the same Ctrl-C, handed on by a program in between.
    await pause(1000);
    up.child.kill("SIGINT");
    const { code, stdout } = await up.finished();
    const last = JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "");
    expect(code).toBe(130);
    expect(last).toMatchObject({ ok: false, error: { code: "interrupted" }, result: { stopped: "forced" } });
    expect(await user.brokerPid()).toBeUndefined();
  });

  test("ends without a failure when another command takes the mesh down", async () => {
    const up = user.start(["up"]);
    await up.says("join link");
    await user.run(["down"]);
    const { code, stdout } = await up.finished();
    expect([code, stdout]).toEqual([0, expect.stringContaining("another command has stopped the mesh")]);
  });

  test("fails when the broker dies", async () => {
    const up = user.start(["up"]);
    await up.says("join link");
    process.kill((await user.brokerPid()) ?? 0, "SIGKILL");
    const { code, stderr } = await up.finished();
    expect([code, stderr]).toEqual([1, expect.stringContaining("(broker-died)")]);
    expect(await user.daemons()).toEqual([]);
  });

  test("leaves nothing running when a part of it fails", async () => {
    verifies("CLI-26", "CLI-27");
    await user.run(["up", "--detach"]);
    await user.run(["down"]);
    await rm(`${user.mesh}/peers`, { recursive: true });
    const up = await user.run(["up", "--json"]);
    expect(up.json()).toMatchObject({ exitCode: 8, error: { code: "name-taken" } });
    const states = up
      .json()
      .result.parts.map(({ part, state }: Record<string, string>) => `${part} ${state}`);
    expect(states).toEqual([
      "keys up",
      "broker stopped",
      "space up",
      "peer failed",
      "delivery not-reached",
      "manager not-reached",
    ]);
    expect(await user.brokerPid()).toBeUndefined();
  });
});

describe("an up that is cut off", () => {
  test.each(phases)("by Ctrl-C while %s leaves nothing running", async (phase) => {
    verifies("CLI-27", "CLI-56");
    for (const args of [["up"], ["up", "--detach"]]) {
      const up = user.start(args);
      await up.says(phase);
      up.child.kill("SIGINT");
      const { code } = await up.finished();
      // It may have been up already when the signal came.
      const wasUp = code === 0 && args.includes("--detach");
      expect([0, 130]).toContain(code);
      expect((await user.brokerPid()) !== undefined).toBe(wasUp);
      expect((await user.daemons()).some(isRunning)).toBe(wasUp);
    }
    expect(await user.run(["up", "--detach"])).toMatchObject({ code: 0 });
    expect(await user.run(["status"])).toMatchObject({ code: 0 });
  });

  test.each(phases)("by SIGKILL while %s is made whole by the next", async (phase) => {
    verifies("CLI-25", "CLI-26");
    const up = user.start(["up", "--detach"]);
    await up.says(phase);
    up.child.kill("SIGKILL");
    await up.finished();
    await eventually(async () => expect(await launchedFor(user)).toEqual(await notedOf(user)), {
      what: "the end of what waited to begin",
    });
    // What it was about to start may still be starting.
    await eventually(async () => (await user.run(["up", "--detach"])).code === 0, { what: "the mesh" });
    expect(await user.run(["status"])).toMatchObject({ code: 0 });
    expect(await user.run(["down"])).toMatchObject({ code: 0 });
  });
});

test("a daemon that dies before it serves is told, and replaced by the next up", async () => {
  verifies("CLI-26");
  const { error, result } = await eventually(upWithoutDaemons, { what: "an up whose daemons were caught" });
  expect(error.code).toBe("daemon-ended");
  const failed = result.parts.filter(({ state }: { state: string }) => state === "failed");
  expect(failed.map(({ part }: { part: string }) => part)).toEqual(["delivery", "manager"]);
  expect(await user.run(["up", "--detach"])).toMatchObject({ code: 0 });
  expect(await user.run(["status"])).toMatchObject({ code: 0 });
});

/** Kills both of them while it stands still; nothing, and no mesh, when that was too late. */
async function upWithoutDaemons() {
  const up = user.start(["up", "--detach", "--json"]);
  await eventually(async () => expect(await launchedFor(user)).toHaveLength(2), { what: "the daemons" });
  up.child.kill("SIGSTOP");
  for (const pid of await launchedFor(user)) process.kill(pid, "SIGKILL");
  up.child.kill("SIGCONT");
  const document = JSON.parse((await up.finished()).stdout);
  if (document.result.parts.filter(({ state }: { state: string }) => state === "failed").length === 2)
    return document;
  await user.run(["down", "--purge", "--yes"]);
}

/** The daemons of its mesh that wait to be told to begin, or were told. */
async function launchedFor({ mesh }: TestUser): Promise<number[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const environments = await Promise.all(
    pids.map(async (pid) => ({
      pid: Number(pid),
      // One that has ended meanwhile, or is another user's, is none of them.
      words: (await readFile(`/proc/${pid}/environ`, "utf8").catch(() => "")).split("\0"),
    })),
  );
  return environments
    .filter(({ words }) => words.includes(`COTAL_MESH=${mesh}`) && words.includes("COTAL_START_LINE=1"))
    .map(({ pid }) => pid)
    .sort((a, b) => a - b);
}

async function notedOf(user: TestUser): Promise<number[]> {
  const noted = [...(await user.daemons()), await user.manager()];
  return noted.flatMap((one) => (one !== undefined && isRunning(one) ? [one.pid] : [])).sort((a, b) => a - b);
}
