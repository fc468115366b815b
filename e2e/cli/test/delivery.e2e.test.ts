import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isRunning, signalProcess } from "@cotal/broker";
import { connectEndpoint, type Endpoint } from "@cotal/endpoint";
import { eventually } from "@cotal/harness";
import { verifies } from "@cotal/requirements";
import { loadSpace, loadTrust, mint } from "@cotal/trust";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Finished, type TestUser, testUser } from "./cotal.ts";

let user: TestUser;
beforeAll(async () => {
  user = await testUser();
  await user.run(["up", "--detach"]);
});
afterAll(() => user[Symbol.asyncDispose]());

interface ShownCheck {
  readonly id: string;
  readonly verdict: string;
  readonly evidence: string;
  readonly next?: string;
  readonly code?: string;
}

const deliveryCheck = (status: Finished): ShownCheck | undefined =>
  status.json().result.checks.find(({ id }: ShownCheck) => id === "delivery");

async function onlyDaemon(): Promise<{ readonly pid: number; readonly startTime: string }> {
  const [daemon, ...others] = (await user.daemons()).filter(isRunning);
  expect(others).toEqual([]);
  if (daemon === undefined) throw new Error("no delivery daemon runs");
  return daemon;
}

describe("the delivery daemon", () => {
  test("that was killed is missed by status at once, and replaced by up", async () => {
    verifies("CLI-83", "CLI-26", "CLI-30", "DLV-83");
    const before = await onlyDaemon();
    signalProcess(before, "SIGKILL");
    await eventually(() => expect(isRunning(before)).toBe(false));
    const status = await user.run(["status", "--json"]);
    expect(status).toMatchObject({ code: 1 });
    expect(status.json().error).toMatchObject({ code: "delivery-unavailable", hint: "cotal up" });
    expect(deliveryCheck(status)).toMatchObject({
      verdict: "failed",
      evidence: expect.stringContaining(`process ${before.pid} exited`),
      next: "cotal up",
    });
    expect(status.json().result.delivery.shards).toEqual([
      { shard: 0, state: "no-leader" },
      { shard: 1, state: "no-leader" },
    ]);
    const up = await user.run(["up", "--json"]);
    expect(up.json()).toMatchObject({ ok: true, result: { started: false } });
    const after = await onlyDaemon();
    expect(after.pid).not.toBe(before.pid);
    expect(await user.daemons()).toHaveLength(1);
    expect(deliveryCheck(await user.run(["status", "--json"]))).toMatchObject({ verdict: "ok" });
  });

  test("brings what was posted while a member was away, also when it was killed meanwhile", async () => {
    verifies("CLI-81", "DLV-93");
    await user.run(["spawn", "talker", "--preset", "echo", "--wait", "running"]);
    await user.run(["stop", "talker"]);
    const { result } = (await user.run(["status", "--json"])).json();
    const held = (endpoint: Endpoint): Promise<unknown> =>
      eventually(() =>
        expect(endpoint.health().channels).toMatchObject([{ channel: "general", durable: "held" }]),
      );
    const before = await user.be(result.peer, { channels: ["general"] });
    await held(before);
    await before.stop();
    await using talker = await user.be("talker", { mode: "sender" });
    const ids: string[] = [];
    const talk = async (): Promise<void> => {
      for (let number = 0; number < 5; number++)
        ids.push((await talker.send({ channel: "general", text: `${number}` })).id);
    };
    await talk();
    signalProcess(await onlyDaemon(), "SIGKILL");
    await talk();
    expect(await user.run(["up"])).toMatchObject({ code: 0 });
    await using after = await user.be(result.peer, { channels: ["general"] });
    const heard: string[] = [];
    after.onMessage(async ({ message }) => {
      heard.push(message.id);
    });
    await held(after);
    await eventually(() => expect(heard).toEqual(ids));
    const own = { id: after.ref.id, activated: true };
    expect(await after.members("general")).toContainEqual(expect.objectContaining(own));
  });

  test("shows observers who is where", async () => {
    verifies("DLV-84", "DLV-85");
    const { result } = (await user.run(["status", "--json"])).json();
    const keys = join(user.mesh, "trust");
    const trust = await loadSpace(join(keys, "main"), await loadTrust(keys));
    const { creds } = mint(trust, { profile: "observer", name: "eyes" }, Date.now());
    await using observer = await connectEndpoint({
      space: "main",
      servers: result.server,
      auth: { kind: "creds", creds: creds.reveal() },
      card: { name: "eyes" },
      mode: "observer",
    });
    await eventually(() => expect(observer.membership().asOf).toBeGreaterThan(0));
  });

  test("in the foreground refuses what another leads, and waits for it with --standby", async () => {
    verifies("CLI-82", "DLV-80", "CLI-17");
    const refused = await user.run(["deliver"]);
    expect(refused).toMatchObject({ code: 8 });
    const documents = documentsOf(refused.stdout);
    expect(documents.at(-1)).toMatchObject({ ok: false, exitCode: 8, error: { code: "lease-held" } });
    expect(documents.filter(({ result }) => result?.event === "refused")).toHaveLength(2);
    expect((await user.daemons()).filter(isRunning)).toHaveLength(1);

    const leader = await onlyDaemon();
    const standby = user.start(["deliver", "--standby"]);
    await eventually(async () => expect(await user.daemons()).toHaveLength(2));
    signalProcess(leader, "SIGTERM");
    await standby.says('"event":"leads","shard":0');
    await standby.says('"event":"leads","shard":1');
    expect(isRunning(leader)).toBe(false);
    expect(deliveryCheck(await user.run(["status", "--json"]))).toMatchObject({ verdict: "ok" });
    standby.child.kill("SIGTERM");
    const ended = await standby.finished();
    expect(ended).toMatchObject({ code: 0 });
    expect(documentsOf(ended.stdout).at(-1)).toMatchObject({ ok: true, result: { event: "ended" } });
    expect(await user.daemons()).toEqual([]);
    expect(await user.run(["up"])).toMatchObject({ code: 0 });
  });

  test("serves the shards that it is told, and no others than there are", async () => {
    verifies("CLI-82", "DLV-10");
    expect(await user.run(["deliver", "--shards", "7"])).toMatchObject({ code: 2 });
    const refused = await user.run(["deliver", "--shards", "1"]);
    expect(refused).toMatchObject({ code: 8 });
    expect(documentsOf(refused.stdout)[0]).toMatchObject({ result: { event: "refused", shard: 1 } });
  });

  test("ends by itself when its note has gone", async () => {
    verifies("CLI-82");
    const daemon = await onlyDaemon();
    await writeFile(join(user.mesh, "delivery", `daemon.${daemon.pid}.json`), "torn");
    await eventually(() => expect(isRunning(daemon)).toBe(false));
    expect(await user.run(["up"])).toMatchObject({ code: 0 });
  });

  test("logs facts, one document on each line, without a secret", async () => {
    verifies("CLI-82", "CLI-7");
    const text = await readFile(join(user.mesh, "delivery", "log"), "utf8");
    const lines = text.trimEnd().split("\n");
    expect(lines.length).toBeGreaterThan(5);
    for (const line of lines) expect(typeof JSON.parse(line)).toBe("object");
    for (const secret of await user.secrets()) expect(text).not.toContain(secret);
  });
});

describe("an open mesh", () => {
  test("keeps nothing for members that are away, and says so to whoever would deliver", async () => {
    await using other = await testUser();
    await other.run(["up", "--detach", "--open"]);
    const refused = await other.run(["deliver", "--plain"]);
    expect(refused).toMatchObject({ code: 2 });
    await other.run(["down"]);
  });
});

function documentsOf(stdout: string): {
  readonly ok: boolean;
  readonly exitCode: number;
  readonly result?: { readonly event: string };
  readonly error?: { readonly code: string };
}[] {
  return stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
}
