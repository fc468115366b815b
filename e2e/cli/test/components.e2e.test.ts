import { setTimeout as pause } from "node:timers/promises";
import { isRunning, type ProcessIdentity, signalProcess } from "@cotal/broker";
import { eventually } from "@cotal/harness";
import { verifies } from "@cotal/requirements";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type TestUser, testUser } from "./cotal.ts";

let user: TestUser;
beforeAll(async () => {
  user = await testUser();
  await user.run(["up", "--detach"]);
  await user.run(["spawn", "echo1", "--preset", "echo"]);
});
afterAll(() => user[Symbol.asyncDispose]());

interface Component {
  readonly part: string;
  readonly name?: string;
  readonly process: string;
  readonly pid?: number;
  readonly answers: string;
  readonly release?: { readonly version?: string; readonly protocol?: string };
  readonly lease?: { readonly key: string; readonly ready: boolean };
}

const components = async (): Promise<readonly Component[]> =>
  (await user.run(["status", "--components", "--json"])).json().result.components;
const inBrief = (all: readonly Component[]): string[] =>
  all.map(({ part, name, process, answers }) => [part, name, process, answers].filter(Boolean).join(" "));

const daemonOf = async (): Promise<ProcessIdentity> => {
  const [daemon] = await user.daemons();
  if (daemon === undefined) throw new Error("no delivery daemon is noted down");
  return daemon;
};
const required = (process: ProcessIdentity | undefined): ProcessIdentity => {
  if (process === undefined) throw new Error("it is not noted down");
  return process;
};

/** In this order: each goes on from the one before. */
describe("each part by itself", () => {
  test("is asked now, and says its release and its lease", async () => {
    verifies("CLI-16", "CLI-165");
    const all = await components();
    expect(inBrief(all)).toEqual([
      "broker running yes",
      "shard 0 running yes",
      "shard 1 running yes",
      "delivery running unasked",
      "manager running yes",
      "agent echo1 running yes",
    ]);
    const own = { version: "0.0.0", protocol: "0.3" };
    expect(all.slice(1).map(({ release }) => release)).toEqual(Array(5).fill(own));
    const leases = all.flatMap(({ lease }) => lease ?? []);
    expect(leases).toMatchObject([
      { key: "delivery.0", ready: true },
      { key: "delivery.1", ready: true },
      { key: "manager", ready: true },
    ]);
    expect(all.find(({ part }) => part === "delivery")?.pid).toBe((await daemonOf()).pid);
    const text = await user.run(["status", "--components"]);
    expect(text).toMatchObject({ code: 0, stdout: expect.stringContaining("agent echo1") });
  });

  test("is told as it is when it was killed or stands still", async () => {
    verifies("CLI-165");
    const holder = required(await user.holder("echo1"));
    signalProcess(holder, "SIGSTOP");
    signalProcess(required(await user.manager()), "SIGKILL");
    signalProcess(await daemonOf(), "SIGKILL");
    await eventually(
      async () => {
        const brief = inBrief(await components()).filter((each) => !each.startsWith("broker"));
        expect(brief).toEqual([
          "shard 0 exited no",
          "shard 1 exited no",
          "delivery exited unasked",
          "manager exited no",
          "agent echo1 running no",
        ]);
        return true;
      },
      { what: "the end of what was killed" },
    );
    signalProcess(holder, "SIGCONT");
    expect(await user.run(["up"])).toMatchObject({ code: 0 });
  });

  test("that is stopped by down has given its lease up, or that it has not is said", async () => {
    verifies("CLI-148");
    const [daemon, manager] = [await daemonOf(), await user.manager()];
    signalProcess(daemon, "SIGSTOP");
    const down = user.start(["down"]);
    await down.says("stopping delivery");
    await eventually(() => manager !== undefined && !isRunning(manager), { what: "the end of the manager" });
    // Twice, further apart than one Ctrl-C that came twice: by force.
    down.child.kill("SIGINT");
    await pause(400);
    down.child.kill("SIGINT");
    const { stdout, code } = await down.finished();
    expect(code).toBe(0);
    expect(stdout).toMatch(/manager, pid \d+; its lease is given up/);
    expect(stdout).toContain(`delivery, pid ${daemon.pid}; its lease is left`);
    expect(stdout).toMatch(/stopped {2}broker/);
  });

  test("says so when the broker cannot tell", async () => {
    verifies("CLI-148");
    await user.run(["up", "--detach"]);
    const pid = await user.brokerPid();
    process.kill(pid ?? 0, "SIGKILL");
    const { result } = (await user.run(["down", "--json"])).json();
    const daemons = result.stopped.filter(({ lease }: { lease?: string }) => lease !== undefined);
    expect(daemons.map(({ part, lease }: Record<string, string>) => `${part} ${lease}`)).toEqual([
      "manager unknown",
      "delivery unknown",
    ]);
  });
});
