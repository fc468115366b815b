import { readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isRunning } from "@cotal/broker";
import { verifies } from "@cotal/requirements";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type TestUser, testUser } from "./cotal.ts";

let user: TestUser;
beforeEach(async () => {
  user = await testUser();
});
afterEach(() => user[Symbol.asyncDispose]());

const partsOf = (result: { parts: { part: string; state: string }[] }): string[] =>
  result.parts.map(({ part, state }) => `${part} ${state}`);
const allUp = ["keys up", "broker up", "space up", "peer up", "delivery up", "manager up"];

describe("a mesh", () => {
  test("is up with one command, in order, and down with another, each of which may be repeated", async () => {
    verifies("CLI-25", "CLI-26", "CLI-29", "CLI-30", "CLI-34", "CLI-35", "CLI-56");
    const up = (await user.run(["up", "--detach", "--json"])).json();
    expect(up).toMatchObject({ v: 1, command: "up", ok: true, exitCode: 0 });
    expect(partsOf(up.result)).toEqual(allUp);
    expect(up.result).toMatchObject({
      space: "main",
      mode: "auth",
      started: true,
      durability: "group-commit 100 ms",
    });
    expect(up.result.link).toMatch(/^cotal:\/\/127\.0\.0\.1:\d+\/main$/);
    const pid = await user.brokerPid();
    expect(up.result.pid).toBe(pid);
    const files = await contents(user.mesh);

    const again = (await user.run(["up", "--json"])).json();
    expect(again).toMatchObject({ ok: true, result: { started: false, pid, link: up.result.link } });
    expect(partsOf(again.result)).toEqual(allUp);
    expect(await user.brokerPid()).toBe(pid);
    expect(await contents(user.mesh)).toEqual(files);

    const status = await user.run(["status", "--json"]);
    expect(status.json().result).toMatchObject({ running: true, pid, link: up.result.link });
    const checks: { id: string; verdict: string }[] = status.json().result.checks;
    expect(checks.map(({ id, verdict }) => `${id} ${verdict}`)).toEqual(
      [
        "broker",
        "durability",
        "streams",
        "storage",
        "space",
        "delivery",
        "manager",
        "disk",
        "credential",
      ].map((id) => `${id} ok`),
    );

    const [daemon, ...others] = await user.daemons();
    expect(others).toEqual([]);
    expect(status.json().result.delivery).toMatchObject({
      shards: [
        { shard: 0, state: "ready" },
        { shard: 1, state: "ready" },
      ],
      daemons: [{ pid: daemon?.pid, process: "running" }],
    });

    const down = (await user.run(["down", "--json"])).json();
    expect(down).toMatchObject({
      ok: true,
      result: {
        stopped: [
          { part: "manager", how: "stopped", lease: "released" },
          { part: "delivery", pid: daemon?.pid, how: "stopped", lease: "released" },
          { part: "broker", pid, how: "stopped" },
        ],
      },
    });
    expect(await user.brokerPid()).toBeUndefined();
    expect(daemon && isRunning(daemon)).toBe(false);
    expect((await user.run(["down", "--json"])).json()).toMatchObject({ ok: true, result: { stopped: [] } });
    const ended = await user.run(["status", "--json"]);
    expect(ended).toMatchObject({ code: 6 });
    expect(ended.json()).toMatchObject({
      ok: false,
      exitCode: 6,
      error: { code: "broker-absent", hint: "cotal up" },
    });

    const back = (await user.run(["up", "--detach", "--json"])).json();
    expect(back).toMatchObject({ ok: true, result: { started: true, link: up.result.link } });
    expect(partsOf(back.result)).toEqual(allUp);
  });

  test("without credentials works the same, and says so", async () => {
    verifies("CLI-25", "CLI-26");
    const up = await user.run(["up", "--open", "--space", "lab", "--sync", "always", "--detach"]);
    expect(up).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("whoever reaches the broker may do everything"),
    });
    expect(up.stdout).toContain("fsync-each");
    expect(await user.daemons()).toEqual([]);
    expect(up.stdout).not.toContain("delivery");
    expect((await user.run(["status"])).stdout).toContain("lab (open)");
    expect(await user.run(["up", "--detach"])).toMatchObject({ code: 0 });
    expect(await user.run([])).toMatchObject({ code: 0, stdout: expect.stringContaining("in order") });
  });

  test.each([
    ["--open", "mode"],
    ["--space=lab", "space"],
    ["--port=1", "port"],
    ["--sync=always", "sync"],
    ["--storage=1GiB", "storage"],
    ["--as=somebody", "name of your peer"],
  ])("that runs is not changed by up %s, which is told both", async (flag, option) => {
    verifies("CLI-58");
    await user.run(["up", "--detach"]);
    const pid = await user.brokerPid();
    const refused = await user.run(["up", flag, "--json"]);
    expect(refused).toMatchObject({ code: 8 });
    expect(refused.json().error).toMatchObject({ code: "mesh-differs", data: { option } });
    expect(await user.brokerPid()).toBe(pid);
    expect(await user.run(["status"])).toMatchObject({ code: 0 });
  });

  test("that lost its own peer's credential does not get another peer of that name", async () => {
    verifies("CLI-26", "CLI-35");
    await user.run(["up", "--detach"]);
    const [credential = ""] = await readdir(join(user.mesh, "peers"));
    const path = join(user.mesh, "peers", credential);
    const text = await readFile(path, "utf8");
    await rm(path);
    expect(await user.run(["status"])).toMatchObject({ code: 4 });
    const refused = await user.run(["up", "--json"]);
    expect(refused).toMatchObject({ code: 8 });
    expect(refused.json().error).toMatchObject({ code: "name-taken" });
    expect(partsOf(refused.json().result)).toEqual([
      "keys up",
      "broker up",
      "space up",
      "peer failed",
      "delivery not-reached",
      "manager not-reached",
    ]);
    // A call that was cut off before the credential got its place is repeated for the same peer.
    await rm(`${path}.new`);
    await writeFile(`${path}.new`, text, { mode: 0o600 });
    expect(await user.run(["up"])).toMatchObject({ code: 0 });
    expect(subjectOf(await readFile(path, "utf8"))).toBe(subjectOf(text));
  });

  test("is deleted with --purge --yes only, and what is deleted and left is listed", async () => {
    verifies("CLI-10", "CLI-29");
    await user.run(["up", "--detach"]);
    await writeFile(join(user.mesh, "notes.txt"), "mine");
    const unsure = await user.run(["down", "--purge", "--json"]);
    expect(unsure).toMatchObject({ code: 2 });
    expect(unsure.json()).toMatchObject({ error: { code: "not-confirmed" } });
    expect(await user.brokerPid()).toBeDefined();
    const would = unsure.json().result.wouldDelete;
    expect(would.map(({ what }: { what: string }) => what)).toEqual([
      "settings",
      "streams and logs",
      "keys",
      "credentials",
      "delivery log",
      "manager log",
    ]);
    const done = (await user.run(["down", "--purge", "--yes", "--json"])).json();
    expect(done.result.deleted).toEqual(would);
    expect(await user.brokerPid()).toBeUndefined();
    const left = (await readdir(user.mesh)).map((name) => join(user.mesh, name)).sort();
    expect([...done.result.left].sort()).toEqual(left);
    expect(left).toContain(join(user.mesh, "notes.txt"));
    expect(await user.run(["down", "--purge", "--yes"])).toMatchObject({ code: 0 });
    expect(await user.run(["status"])).toMatchObject({ code: 3 });
    expect(await user.run(["up", "--detach", "--open"])).toMatchObject({ code: 0 });
  });

  test("writes nothing outside its home, and what it writes is for this user alone", async () => {
    verifies("CLI-7", "CLI-18");
    const outputs: string[] = [];
    for (const args of [
      ["up", "--detach"],
      ["up", "--json"],
      ["status", "--json"],
      ["status"],
      ["paths"],
      ["down", "--debug"],
    ]) {
      const { stdout, stderr } = await user.run(args);
      outputs.push(stdout, stderr);
    }
    expect(await readdir(user.env.HOME ?? "")).toEqual([]);
    expect((await readdir(user.folder)).sort()).toEqual(["cotal", "home"]);
    expect((await stat(user.mesh)).mode & 0o077).toBe(0);
    const secrets = await user.secrets();
    expect(secrets.length).toBeGreaterThan(5);
    for (const secret of secrets) expect(outputs.join()).not.toContain(secret);
    for (const name of await readdir(join(user.mesh, "trust"), { recursive: true })) {
      expect([name, (await stat(join(user.mesh, "trust", name))).mode & 0o077]).toEqual([name, 0]);
    }
  });
});

/** The files that a second `up` leaves as they are; the broker and the daemon write their own all the time. */
async function contents(mesh: string): Promise<Record<string, string>> {
  const entries = await readdir(mesh, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter(
      (path) =>
        !path.includes("/broker/") &&
        !/\/(?:delivery|manager)\/log$/.test(path) &&
        !/lock\.\d+\.json$/.test(path),
    );
  return Object.fromEntries(
    await Promise.all(files.map(async (path) => [path, await readFile(path, "utf8")])),
  );
}

/** Whose credential it is. */
function subjectOf(creds: string): string {
  const [, claims = ""] = /\.([\w-]+)\./.exec(creds) ?? [];
  return JSON.parse(Buffer.from(claims, "base64url").toString()).sub;
}
