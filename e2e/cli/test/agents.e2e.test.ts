import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
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

const spawnEcho = (name: string, ...more: string[]): ReturnType<TestUser["run"]> =>
  user.run(["spawn", name, "--preset", "echo", ...more]);

const seatsOf = async (): Promise<Record<string, string>> => {
  const { result } = (await user.run(["status", "--json"])).json();
  const facts = result.seats.map(({ name, process, mesh }: Record<string, string>) => [
    name,
    `${process} ${mesh}`,
  ]);
  return Object.fromEntries(facts);
};

describe.each([
  ["open", ["--open"]],
  ["authenticated", []],
] as const)("in an %s mesh", (_, flags) => {
  test("four commands bring a first message to an agent, and its reply back", async () => {
    verifies("CLI-32", "CLI-42", "CLI-71", "CLI-72", "CLI-73");
    const up = await user.run(["up", "--detach", ...flags]);
    expect(up).toMatchObject({ code: 0 });
    expect(up.stdout).toContain("cotal spawn echo1 --preset echo");
    expect(await spawnEcho("echo1")).toMatchObject({ code: 0, stdout: expect.stringMatching(/^ready/) });
    expect(await seatsOf()).toEqual({ echo1: "running present" });
    const sent = await user.run(["send", "-t", "echo1", "hello", "--wait-reply"]);
    expect(sent).toMatchObject({ code: 0, stdout: "stored seq 1\necho1: hello\n" });
    const holder = await user.holder("echo1");
    const down = await user.run(["down"]);
    expect(down).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`stopped  agent echo1, pid ${holder?.pid}`),
    });
    expect(holder && isRunning(holder)).toBe(false);
    expect(await user.brokerPid()).toBeUndefined();
  });

  test("an agent outlives its broker, and answers when that is up again", async () => {
    verifies("CLI-69");
    await user.run(["up", "--detach", ...flags]);
    await spawnEcho("echo1");
    const holder = await user.holder("echo1");
    process.kill((await user.brokerPid()) ?? 0, "SIGKILL");
    await eventually(async () => (await user.brokerPid()) === undefined);
    expect(await user.run(["send", "-t", "echo1", "hello"])).toMatchObject({ code: 6 });
    expect(await user.run(["up", "--detach"])).toMatchObject({ code: 0 });
    await eventually(async () => (await seatsOf()).echo1 === "running present", { what: "the agent" });
    expect(await user.run(["send", "-t", "echo1", "again", "--wait-reply"])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("echo1: again"),
    });
    expect(await user.holder("echo1")).toEqual(holder);
  });

  test("an agent is not spawned again as another one", async () => {
    verifies("CLI-45");
    await user.run(["up", "--detach", ...flags]);
    await spawnEcho("echo1", "--wait", "running");
    process.kill((await user.holder("echo1"))?.pid ?? 0, "SIGKILL");
    await eventually(async () => (await seatsOf()).echo1?.startsWith("exited") === true);
    const other = await spawnEcho("echo1", "--role", "w", "--json");
    expect([other.code, other.json().error?.code]).toEqual([8, "rights-differ"]);
    expect(await spawnEcho("echo1")).toMatchObject({ code: 0 });
  });

  test("work for a role goes to one of its agents, and the receipt counts them", async () => {
    verifies("CLI-8");
    await user.run(["up", "--detach", ...flags]);
    const both = await Promise.all(["w1", "w2"].map((name) => spawnEcho(name, "--role", "worker")));
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    const sent = await user.run(["send", "-r", "worker", "job"]);
    expect(sent).toMatchObject({ code: 0, stdout: "stored seq 1, 2 workers\n" });
    const { result } = (await user.run(["send", "-r", "worker", "job", "--wait-reply", "--json"])).json();
    expect(["w1", "w2"]).toContain(result.reply.from.name);
    expect(await user.run(["send", "-r", "nobody", "job"])).toMatchObject({
      stdout: expect.stringContaining(", 0 workers"),
    });
  });
});

describe("an agent", () => {
  test("keeps its key, is started again with the same rights, and not with others or while it runs", async () => {
    verifies("CLI-45", "CLI-41");
    await user.run(["up", "--detach"]);
    const first = (await spawnEcho("echo1", "--json")).json().result;
    expect(first).toMatchObject({ known: false, ready: true, process: "running" });
    const running = await spawnEcho("echo1", "--json");
    expect(running).toMatchObject({ code: 8 });
    expect(running.json().error).toMatchObject({ code: "agent-running", data: { pid: first.pid } });
    process.kill(first.pid, "SIGKILL");
    await eventually(async () => (await seatsOf()).echo1?.startsWith("exited") === true);
    for (const flag of [
      ["--role", "w"],
      ["--allow-publish", "team"],
      ["--allow-subscribe", ""],
    ]) {
      const other = await spawnEcho("echo1", ...flag, "--json");
      expect(other).toMatchObject({ code: 8 });
      expect(other.json().error).toMatchObject({ code: "rights-differ" });
    }
    const again = (await spawnEcho("echo1", "--json")).json().result;
    expect(again).toMatchObject({ known: true, ready: true, id: first.id });
    expect(again.pid).not.toBe(first.pid);
  });

  test("that was killed is seen as dead, alone, and the receipt says that it is offline", async () => {
    verifies("CLI-69", "CLI-42", "CLI-8", "CLI-30");
    await user.run(["up", "--detach"]);
    await Promise.all([spawnEcho("echo1"), spawnEcho("echo2")]);
    process.kill((await user.holder("echo1"))?.pid ?? 0, "SIGKILL");
    await eventually(async () => (await seatsOf()).echo1?.startsWith("exited") === true);
    const status = await user.run(["status", "--json"]);
    expect(status).toMatchObject({ code: 1 });
    expect(status.json().error).toMatchObject({
      code: "agent-ended",
      hint: "cotal restart echo1",
    });
    expect(await user.run(["send", "-t", "echo1", "hello"])).toMatchObject({
      code: 0,
      stdout: "stored seq 1; offline\n",
    });
    expect((await user.run(["send", "-t", "echo2", "hello", "--wait-reply"])).stdout).toContain(
      "echo2: hello",
    );
    // What was stored meanwhile is answered by the next one of that name.
    expect(await spawnEcho("echo1")).toMatchObject({ code: 0 });
    expect(await user.run(["status"])).toMatchObject({ code: 0 });
  });

  test("says goodbye on TERM, which nobody takes for its death", async () => {
    verifies("CLI-69", "CLI-42");
    await user.run(["up", "--detach"]);
    await spawnEcho("echo1");
    process.kill((await user.holder("echo1"))?.pid ?? 0, "SIGTERM");
    await eventually(async () => (await seatsOf()).echo1 === "stopped absent", { what: "the goodbye" });
    expect(await user.run(["status"])).toMatchObject({ code: 0 });
  });

  test("that ends at once shows the end of its log", async () => {
    verifies("CLI-44");
    await user.run(["up", "--detach"]);
    await spawnEcho("echo1");
    process.kill((await user.holder("echo1"))?.pid ?? 0, "SIGTERM");
    await eventually(async () => (await seatsOf()).echo1?.startsWith("stopped") === true);
    await using rival = await user.be("echo1");
    const ended = await spawnEcho("echo1", "--json");
    expect(rival.state).toBe("live");
    expect(ended).toMatchObject({ code: 1 });
    const { error, result } = ended.json();
    expect(error).toMatchObject({ code: "agent-ended" });
    expect(result).toMatchObject({ process: "exited", ready: false });
    const { log = [] } = (error?.data ?? {}) as { log?: string[] };
    expect(log.length).toBeLessThanOrEqual(10);
    expect(log.at(-1)).toContain("identity-in-use");
  });

  test("ends when its record goes", async () => {
    verifies("CLI-69");
    await user.run(["up", "--detach"]);
    await spawnEcho("echo1");
    const holder = await user.holder("echo1");
    const path = join(user.mesh, "seats/echo1/seat.json");
    const record = await readFile(path, "utf8");
    await writeFile(path, record.replace(`"pid":${holder?.pid}`, '"pid":1'));
    await eventually(() => holder && !isRunning(holder), { what: "its end" });
  });

  test("of a name that is taken, or kept, is refused, and leaves no trace", async () => {
    verifies("CLI-45");
    await user.run(["up", "--detach", "--as", "alice"]);
    await spawnEcho("echo1", "--wait", "running");
    for (const [name, code, error] of [
      ["alice", 8, "name-taken"],
      ["Echo1", 8, "name-taken"],
      ["manager", 2, "reserved-name"],
      ["a.b", 2, "bad-token"],
    ] as const) {
      const refused = await spawnEcho(name, "--json");
      expect([name, refused.code, refused.json().error?.code]).toEqual([name, code, error]);
    }
    expect(await user.run(["spawn", "x"])).toMatchObject({ code: 2 });
    expect(Object.keys(await seatsOf())).toEqual(["echo1"]);
  });

  test("is started once by four calls at once", async () => {
    verifies("CLI-45", "CLI-57");
    await user.run(["up", "--detach"]);
    const all = await Promise.all(Array.from({ length: 4 }, () => spawnEcho("echo1", "--json")));
    expect(all.map(({ code }) => code).sort()).toEqual([0, 8, 8, 8]);
    expect(await user.run(["status"])).toMatchObject({ code: 0 });
  });

  test("may read and post what it was spawned with, and nothing else", async () => {
    verifies("CLI-34");
    await user.run(["up", "--detach"]);
    await spawnEcho("echo1", "--allow-subscribe", "team.>", "--allow-publish", "team.a,team.b");
    process.kill((await user.holder("echo1"))?.pid ?? 0, "SIGTERM");
    await eventually(async () => (await seatsOf()).echo1 === "stopped absent");
    await using agent = await user.be("echo1");
    await agent.join("team.>");
    await expect(agent.join("general")).rejects.toMatchObject({ code: "not-allowed" });
    await agent.send({ channel: "team.b", text: "hello" });
    await expect(agent.send({ channel: "general", text: "hello" })).rejects.toMatchObject({
      code: "not-allowed",
    });
  });

  test("answers in a channel what mentions it", async () => {
    verifies("CLI-72");
    await user.run(["up", "--detach", "--as", "alice"]);
    await spawnEcho("echo1");
    await using alice = await user.be("alice");
    await alice.join("general");
    const heard: string[] = [];
    alice.onMessage(async ({ message, channel }) => {
      heard.push(`${channel} ${message.replyTo} ${JSON.stringify(message.parts)}`);
    });
    await alice.send({ channel: "general", text: "nobody" });
    const { id } = await alice.send({ channel: "general", text: "hello", mentions: ["echo1"] });
    await eventually(() => expect(heard).toEqual([`general ${id} [{"kind":"text","text":"hello"}]`]));
  });
});

describe("down", () => {
  test("leaves agents alone that are to be kept, and they wait for the mesh", async () => {
    verifies("CLI-73", "CLI-69");
    await user.run(["up", "--detach"]);
    await spawnEcho("echo1");
    const { stopped } = (await user.run(["down", "--keep-agents", "--json"])).json().result;
    expect(stopped.map(({ part }: { part: string }) => part)).toEqual(["manager", "delivery", "broker"]);
    await user.run(["up", "--detach"]);
    await eventually(async () => (await seatsOf()).echo1 === "running present");
    expect(await user.run(["down", "--keep-agents", "--purge", "--yes"])).toMatchObject({ code: 2 });
    expect(await user.run(["down"])).toMatchObject({ code: 0 });
  });

  test("kills an agent that does not end", async () => {
    verifies("CLI-73", "CLI-29");
    await user.run(["up", "--detach"]);
    await spawnEcho("echo1");
    const holder = await user.holder("echo1");
    process.kill(holder?.pid ?? 0, "SIGSTOP");
    const { stopped } = (await user.run(["down", "--json"])).json().result;
    expect(stopped).toMatchObject([
      { part: "manager" },
      { part: "agent", name: "echo1", pid: holder?.pid, how: "killed" },
      { part: "delivery" },
      { part: "broker" },
    ]);
    expect(holder && isRunning(holder)).toBe(false);
  });

  test("of a mesh in the foreground, by Ctrl-C, takes its agents with it", async () => {
    verifies("CLI-27", "CLI-73");
    const up = user.start(["up"]);
    await up.says("join link");
    await spawnEcho("echo1");
    const holder = await user.holder("echo1");
    up.child.kill("SIGINT");
    expect(await up.finished()).toMatchObject({ code: 0 });
    expect(holder && isRunning(holder)).toBe(false);
  });
});
