import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { isRunning, processFacts } from "@cotal/broker";
import { eventually } from "@cotal/harness";
import { verifies } from "@cotal/requirements";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type TestUser, testUser } from "./cotal.ts";

let user: TestUser;
beforeEach(async () => {
  user = await testUser();
});
afterEach(() => user[Symbol.asyncDispose]());

const startTimeOf = (pid: number): string => {
  const facts = processFacts(pid);
  return facts.kind === "absent" ? "" : facts.startTime;
};

describe("up", () => {
  test("on a taken port says which, and what is up and what is not", async () => {
    verifies("CLI-26", "CLI-56");
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const refused = await user.run(["up", "--detach", "--port", String(port), "--json"]);
    expect(refused).toMatchObject({ code: 8 });
    expect(refused.json().error).toMatchObject({ code: "port-taken", data: { port } });
    const states = refused.json().result.parts.map(({ state }: { state: string }) => state);
    expect(states).toEqual(["up", "failed", ...Array(4).fill("not-reached")]);
    server.close();
    await once(server, "close");
    expect((await user.run(["up", "--detach", "--json"])).json().result.server).toBe(
      `nats://127.0.0.1:${port}`,
    );
  });

  test("takes another port when a program has the one that nobody asked for", async () => {
    const first = (await user.run(["up", "--detach", "--json"])).json().result.server;
    await user.run(["down"]);
    const server = createServer().listen(Number(new URL(first).port), "127.0.0.1");
    await once(server, "listening");
    const second = (await user.run(["up", "--detach", "--json"])).json();
    server.close();
    expect(second.ok).toBe(true);
    expect(second.result.server).not.toBe(first);
  });

  test("starts a broker again that was killed, whoever has its pid now", async () => {
    verifies("CLI-26", "CLI-56");
    await user.run(["up", "--detach"]);
    const pid = (await user.brokerPid()) ?? 0;
    process.kill(pid, "SIGKILL");
    await eventually(async () => (await user.brokerPid()) === undefined);
    expect(await user.run(["status"])).toMatchObject({ code: 6 });
    const record = await brokerRecord();
    await writeFile(record.path, JSON.stringify({ ...record.value, pid: process.pid }));
    const down = await user.run(["down"]);
    expect([down.code, down.stdout]).toEqual([0, expect.not.stringContaining("stopped  broker")]);
    expect(await user.run(["up", "--detach"])).toMatchObject({ code: 0 });
    expect(await user.run(["status"])).toMatchObject({ code: 0 });
  });

  test("makes all of it whole again when everything was killed at once, and status tells the truth meanwhile", async () => {
    verifies("CLI-26", "CLI-30", "CLI-54", "CLI-83");
    await user.run(["up", "--detach"]);
    expect(await user.run(["spawn", "stays1", "--exec", "echo back", "--restart", "always"])).toMatchObject({
      code: 0,
    });
    const broker = await user.brokerPid();
    const killed = [await user.manager(), ...(await user.daemons()), await user.holder("stays1")];
    for (const pid of [...killed.map((each) => each?.pid), broker]) process.kill(pid ?? 0, "SIGKILL");
    for (const each of killed) await eventually(() => each === undefined || !isRunning(each));
    const seen = (await user.run(["status", "--json"])).json();
    expect(seen).toMatchObject({ exitCode: 6, result: { running: false } });
    const shown = (await user.run(["ps", "--json"])).json().result.seats;
    expect(shown).toMatchObject([{ name: "stays1", process: "exited", mesh: "unknown" }]);
    expect(await user.run(["up", "--detach"])).toMatchObject({ code: 0 });
    await eventually(async () => (await user.run(["status"])).code === 0, { what: "a mesh in order" });
    const reply = await user.run(["send", "-t", "stays1", "hello", "--wait-reply"]);
    expect(reply.stdout).toContain("stays1: back");
    expect(await user.run(["rm", "stays1", "--yes"])).toMatchObject({ code: 0 });
  });

  test("does not touch a store that another process holds", async () => {
    verifies("CLI-56");
    await user.run(["up", "--detach"]);
    await user.run(["down"]);
    const holder = spawn("/bin/sh", ["-c", "read -r _"]);
    const record = await brokerRecord();
    const pid = holder.pid ?? 0;
    await writeFile(record.path, JSON.stringify({ ...record.value, pid, startTime: startTimeOf(pid) }));
    const refused = await user.run(["up", "--detach", "--json"]);
    expect(refused).toMatchObject({ code: 6 });
    expect(refused.json().error).toMatchObject({ code: "broker-not-ready", data: { pid } });
    holder.stdin.end();
    await once(holder, "close");
    expect(await user.run(["up", "--detach"])).toMatchObject({ code: 0 });
  });

  test("twice at once makes one mesh", async () => {
    verifies("CLI-56", "CLI-57");
    const both = await Promise.all([
      user.run(["up", "--detach", "--json"]),
      user.run(["up", "--detach", "--json"]),
    ]);
    for (const one of both) {
      if (one.code !== 0) expect(one.json()).toMatchObject({ exitCode: 8, error: { code: "mesh-busy" } });
    }
    expect(both.map(({ code }) => code)).toContain(0);
    expect(await user.run(["status"])).toMatchObject({ code: 0 });
  });

  test.each([
    ["/nowhere/nats-server", 3, "broker-not-found"],
    ["/bin/true", 1, "not-a-broker"],
    ["/", 1, "broker-not-executable"],
  ])("with the broker %s says what is wrong with it", async (path, code, error) => {
    verifies("CLI-56");
    const refused = await user.run(["up", "--detach", "--json"], { env: { COTAL_BROKER: path } });
    expect(refused).toMatchObject({ code });
    expect(refused.json().error).toMatchObject({ code: error });
  });

  test("in a home that it may not write names the folder", async () => {
    verifies("CLI-56");
    const locked = join(user.folder, "locked");
    await mkdir(locked);
    await chmod(locked, 0o500);
    // Modes do not stop the superuser.
    const home = process.getuid?.() === 0 ? "/proc/locked" : locked;
    const refused = await user.run(["up", "--detach", "--json"], { env: { COTAL_HOME: home } });
    expect(refused).toMatchObject({ code: 1 });
    expect(refused.json().error).toMatchObject({ code: "home-unusable" });
    expect(refused.json().error?.message).toContain(home);
  });

  test("in a home that is a file names it", async () => {
    const file = join(user.folder, "file");
    await writeFile(file, "");
    for (const command of ["up", "status", "down"]) {
      const refused = await user.run([command, "--json"], { env: { COTAL_HOME: file } });
      expect(refused.json().error).toMatchObject({ code: "home-unusable" });
    }
    await rm(file);
  });

  test("and every other command refuse the state of a newer program with both versions", async () => {
    verifies("CLI-20");
    await user.run(["up", "--detach"]);
    const path = join(user.mesh, "mesh.json");
    const text = await readFile(path, "utf8");
    await writeFile(path, JSON.stringify({ ...JSON.parse(text), format: 99, program: "9.9.9" }));
    for (const args of [["up", "--detach"], ["status"], ["down"], []]) {
      const refused = await user.run([...args, "--json"]);
      expect(refused).toMatchObject({ code: 1 });
      expect(refused.json().error).toMatchObject({ code: "state-newer", data: { format: 99, known: 1 } });
    }
    await writeFile(path, text);
    expect(await user.run(["status"])).toMatchObject({ code: 0 });
  });

  test("does not make new keys in the place of lost ones", async () => {
    await user.run(["up", "--detach"]);
    await user.run(["down"]);
    await rm(join(user.mesh, "trust/operator.jwt"));
    const refused = await user.run(["up", "--detach", "--json"]);
    expect(refused).toMatchObject({ code: 1 });
    expect(refused.json().error).toMatchObject({ code: "bad-trust-files" });
    expect(await user.brokerPid()).toBeUndefined();
  });

  test("gives a peer a name only that it may have, and leaves no trace of the other", async () => {
    const refused = await user.run(["up", "--detach", "--as", "operator", "--json"]);
    expect(refused).toMatchObject({ code: 2 });
    expect(refused.json().error).toMatchObject({
      code: "reserved-name",
      hint: expect.stringContaining("--as"),
    });
    expect(await user.run(["up", "--detach", "--as", "alice"])).toMatchObject({ code: 0 });
  });
});

describe("status", () => {
  test("tells what is missing of the space and what to type, and up makes it whole", async () => {
    verifies("CLI-26", "CLI-30");
    await user.run(["up", "--detach", "--open"]);
    // Presence is kept in memory: the restart of the broker loses it.
    await user.run(["down"]);
    expect(await user.run(["up", "--detach"])).toMatchObject({
      stdout: expect.stringContaining("1 created"),
    });
    const pid = (await user.brokerPid()) ?? 0;
    process.kill(pid, "SIGSTOP");
    const hung = await user.run(["status", "--json"]);
    process.kill(pid, "SIGCONT");
    expect(hung).toMatchObject({ code: 6 });
    expect(hung.json().error).toMatchObject({ code: "broker-not-ready" });
    expect(await user.run(["status"])).toMatchObject({ code: 0 });
  });
});

async function brokerRecord(): Promise<{ path: string; value: object }> {
  const folder = join(user.mesh, "broker");
  const name = (await readdir(folder)).find((each) => /^broker\.\d+\.json$/.test(each)) ?? "";
  const path = join(folder, name);
  return { path, value: JSON.parse(await readFile(path, "utf8")) };
}
