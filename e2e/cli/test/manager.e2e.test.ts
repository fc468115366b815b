import { isRunning } from "@cotal/broker";
import { eventually as within } from "@cotal/harness";
import { verifies } from "@cotal/requirements";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type TestUser, testUser } from "./cotal.ts";

let user: TestUser;

/** Many processes are started here, which a busy machine takes its time for. */
const eventually: typeof within = (check, options) => within(check, { timeoutMs: 150_000, ...options });

beforeAll(async () => {
  user = await testUser();
  expect(await user.run(["up", "--detach"])).toMatchObject({ code: 0 });
});
afterAll(() => user[Symbol.asyncDispose]());

const processes = async (): Promise<Record<string, string>> => {
  const { result } = (await user.run(["ps", "--json"])).json();
  return Object.fromEntries(
    result.seats.map(({ name, process, restarts }: Record<string, string>) => [
      name,
      `${process} ${restarts}`,
    ]),
  );
};

describe("the manager", () => {
  test("runs with the mesh, once", async () => {
    verifies("CLI-62");
    const manager = await user.manager();
    expect(manager && isRunning(manager)).toBe(true);
    const second = await user.run(["manage", "--json"]);
    expect(second).toMatchObject({ code: 8 });
    expect(second.json().error).toMatchObject({ code: "lease-held", data: { pid: manager?.pid } });
  });

  test("is not asked by who has no right to, and asked by who has", async () => {
    verifies("CLI-38", "CLI-46");
    await user.run(["spawn", "plain1", "--", "cat"]);
    expect(await user.run(["mint", "boss", "--capabilities", "manager,admin"])).toMatchObject({ code: 0 });
    {
      await using plain = await user.be("plain1");
      await expect(plain.request("manager", "ps")).rejects.toMatchObject({ code: "not-allowed" });
      await expect(plain.request("admin", "status")).rejects.toMatchObject({ code: "not-allowed" });
    }
    await using boss = await user.be("boss");
    const order = { name: "asked1", program: ["cat"] };
    expect(await boss.request("manager", "spawn", order)).toMatchObject({ name: "asked1", known: false });
    await eventually(async () => (await processes()).asked1 === "running 0");
    await expect(boss.request("manager", "spawn", order)).rejects.toMatchObject({ code: "agent-running" });
    await expect(
      boss.request("manager", "spawn", { ...order, name: "asked2", env: ["A=1"] }),
    ).rejects.toMatchObject({ code: "bad-request" });
    const { agents } = (await boss.request("admin", "status")) as { agents: object[] };
    expect(agents).toContainEqual(expect.objectContaining({ name: "asked1", process: "running" }));
    expect(JSON.stringify(agents)).not.toContain("runs");
    await boss.request("manager", "stop", { name: "asked1" });
    expect((await processes()).asked1).toBe("stopped 0");
    await boss.request("manager", "restart", { name: "asked1" });
    await boss.request("manager", "rm", { name: "asked1" });
    expect((await processes()).asked1).toBeUndefined();
    await expect(boss.request("manager", "stop", { name: "asked1" })).rejects.toMatchObject({
      code: "unknown-agent",
    });
    await expect(boss.request("self", "stop")).rejects.toMatchObject({ code: "unknown-agent" });
  });

  test("stops an agent that asks for its own end", async () => {
    verifies("CLI-38");
    await user.run(["spawn", "tired1", "--restart", "always", "--", "cat"]);
    await using tired = await user.be("tired1");
    expect(await tired.request("self", "stop")).toEqual({ name: "tired1", stopping: true });
    await eventually(async () => (await processes()).tired1 === "stopped 0", { what: "its end" });
  });

  test("dies without harm, and its next one finds every agent and brings back who was killed", async () => {
    verifies("CLI-40", "CLI-30");
    await Promise.all([
      user.run(["spawn", "stays1", "--preset", "echo"]),
      user.run(["spawn", "back1", "--preset", "echo", "--restart", "always"]),
    ]);
    const [manager, stays, back] = [
      await user.manager(),
      await user.holder("stays1"),
      await user.holder("back1"),
    ];
    process.kill(manager?.pid ?? 0, "SIGKILL");
    process.kill(back?.pid ?? 0, "SIGKILL");
    const status = await user.run(["status"]);
    expect(status).toMatchObject({ code: 1, stdout: expect.stringMatching(/failed +manager/) });
    expect(await processes()).toMatchObject({ stays1: "running 0", back1: "exited 0" });
    expect(await user.run(["up", "--detach"])).toMatchObject({ code: 0 });
    await eventually(async () => (await processes()).back1 === "running 1", {
      what: "the one that was killed",
    });
    expect(await user.holder("stays1")).toEqual(stays);
    const again = await user.holder("back1");
    process.kill(again?.pid ?? 0, "SIGKILL");
    await eventually(async () => (await processes()).back1 === "running 2", { what: "it, once more" });
  });

  test("brings agents with a restart policy back with the mesh, but not who was stopped", async () => {
    verifies("CLI-54", "CLI-62", "CLI-73");
    await user.run(["spawn", "away1", "--restart", "on-failure", "--", "cat"]);
    await user.run(["spawn", "off1", "--restart", "always", "--", "cat"]);
    await user.run(["stop", "off1"]);
    const [manager, down] = [await user.manager(), (await user.run(["down", "--json"])).json()];
    const parts = down.result.stopped.map(({ part }: { part: string }) => part);
    expect([parts[0], parts.at(-1)]).toEqual(["manager", "broker"]);
    expect(manager && isRunning(manager)).toBe(false);
    expect(await processes()).toMatchObject({ away1: "stopped 0", plain1: "stopped 0" });
    expect(await user.run(["up", "--detach"])).toMatchObject({ code: 0 });
    await eventually(async () => (await processes()).away1 === "running 1", { what: "its return" });
    expect(await processes()).toMatchObject({ off1: "stopped 0", plain1: "stopped 0", stays1: "stopped 0" });
  });
});
