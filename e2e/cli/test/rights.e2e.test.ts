import { stat } from "node:fs/promises";
import { signalProcess } from "@cotal/broker";
import { eventually } from "@cotal/harness";
import { verifies } from "@cotal/requirements";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Document, type Finished, type TestUser, testUser } from "./cotal.ts";

let user: TestUser;
let server = "";
const outputs: string[] = [];
beforeAll(async () => {
  user = await testUser();
  server = (await user.run(["up", "--detach", "--as", "alice", "--json"])).json().result.server;
});
afterAll(() => user[Symbol.asyncDispose]());

const finished = async (...args: string[]): Promise<Finished> => {
  const done = await user.run(args);
  outputs.push(done.stdout, done.stderr);
  return done;
};
const run = async (...args: string[]): Promise<Document> => (await finished(...args, "--json")).json();
describe("a peer that is minted", () => {
  test("may what was said, and its credential lies in a file of its user alone", async () => {
    verifies("CLI-130", "CLI-55");
    const { result } = await run(
      "mint",
      "bob",
      "--allow-subscribe",
      "team.>,general",
      "--allow-publish",
      "team.a",
    );
    expect(result).toMatchObject({ name: "bob", profile: "agent", how: "made" });
    expect((await stat(result.path)).mode & 0o777).toBe(0o600);
    await using bob = await user.be("bob");
    expect(bob.ref.id).toBe(result.id);
    await bob.join("team.b");
    await bob.send({ channel: "team.a", text: "hello" });
    await expect(bob.join("secret")).rejects.toMatchObject({ code: "not-allowed" });
    await bob.stop();
    expect((await run("mint", "bob")).result).toMatchObject({ how: "found", id: result.id });
    const other = await run("mint", "bob", "--allow-subscribe", "secret");
    expect(other).toMatchObject({ exitCode: 8, error: { code: "rights-differ" } });
    expect(other.error?.hint).toContain("cotal acl set bob");
  });

  test("of another profile is no peer, and takes what its profile has use for", async () => {
    verifies("CLI-130", "TRUST-11");
    const { result } = await run(
      "mint",
      "eve",
      "--profile",
      "observer",
      "--allow-subscribe",
      ">",
      "--ttl",
      "90m",
    );
    const life = Date.parse(result.expiresAt) - Date.now();
    expect([life > 80 * 60_000, life <= 90 * 60_000]).toEqual([true, true]);
    for (const profile of ["observer", "agent"]) {
      const again = await run("mint", "eve", "--profile", profile);
      expect(again).toMatchObject({ exitCode: 8, error: { code: "name-taken" } });
    }
    const useless = await run("mint", "op", "--profile", "operator", "--role", "review");
    expect(useless).toMatchObject({ error: { code: "bad-order" } });
    expect(await run("mint", "long", "--ttl", "31d")).toMatchObject({
      exitCode: 2,
      error: { code: "bad-lifetime" },
    });
    expect(await run("mint", "wide", "--allow-subscribe", "team.*")).toMatchObject({
      error: { code: "bad-pattern" },
    });
  });
});

describe("the rights of a peer", () => {
  test("are shown and explained by their rules", async () => {
    verifies("CLI-134", "CLI-55");
    expect((await run("acl", "show", "BOB")).result).toMatchObject({
      allowSubscribe: ["team.>", "general"],
      allowPublish: ["team.a"],
      epoch: 1,
    });
    expect((await run("acl", "explain", "bob", "team.x.y")).result).toMatchObject({
      read: { allowed: true, rule: "team.>" },
      post: { allowed: false },
    });
    expect(await run("acl", "explain", "bob", "team.*")).toMatchObject({ exitCode: 2 });
    expect(await run("acl", "show", "nobody")).toMatchObject({
      exitCode: 3,
      error: { code: "unknown-peer" },
    });
  });

  test("that are widened cost no connection, and hold for the next one", async () => {
    verifies("CLI-133");
    await using bob = await user.be("bob");
    const states: string[] = [];
    bob.on("state", ({ state }) => states.push(state));
    const dry = await run("acl", "set", "bob", "--allow-publish", "team.a,lab", "--dry-run");
    expect(dry.result).toMatchObject({ change: "widened", dryRun: true });
    const { result } = await run("acl", "set", "bob", "--allow-publish", "team.a,lab");
    expect(result).toMatchObject({ change: "widened", after: { allowSubscribe: ["team.>", "general"] } });
    expect(states).toEqual([]);
    await bob.reconnect();
    await bob.send({ channel: "lab", text: "now I may" });
    expect((await run("acl", "set", "bob", "--allow-publish", "lab,team.a")).result.change).toBe("none");
  });

  test("that are narrowed are gone for who is connected, which comes back with the rest by itself", async () => {
    verifies("CLI-132", "TRUST-18", "DLV-62");
    await using bob = await user.be("bob");
    await bob.join("team.b");
    expect(await run("acl", "narrow", "bob", "--allow-subscribe", "general,secret")).toMatchObject({
      exitCode: 8,
      error: { code: "rights-differ" },
    });
    const { result } = await run("acl", "narrow", "bob", "--allow-subscribe", "general");
    expect(result).toMatchObject({
      change: "narrowed",
      settled: "by-leader",
      before: { allowPublish: ["team.a", "lab"] },
    });
    await eventually(() => expect([bob.state, bob.joined()]).toEqual(["live", []]));
    await expect(bob.join("team.b")).rejects.toMatchObject({ code: "not-allowed" });
    await bob.join("general");
    await bob.send({ channel: "lab", text: "still mine" });
  });

  test("are narrowed without a leader too, and exchanged where some come and some go", async () => {
    verifies("CLI-132", "CLI-133", "CLI-136", "DLV-60");
    expect((await run("pending", "bob")).result).toMatchObject({ name: "bob", pending: 0, parked: 0 });
    for (const daemon of await user.daemons()) signalProcess(daemon, "SIGKILL");
    expect(await run("pending", "bob")).toMatchObject({
      error: { code: "delivery-unavailable", hint: "cotal up" },
    });
    await using bob = await user.be("bob");
    const exchanged = await run("acl", "set", "bob", "--allow-subscribe", "", "--allow-publish", "lab,news");
    expect(exchanged.result ?? exchanged.error).toMatchObject({
      change: "exchanged",
      settled: "when-there-is-one",
      after: { allowSubscribe: [], allowPublish: ["lab", "news"] },
    });
    await eventually(() => expect(bob.state).toBe("live"));
    await bob.send({ channel: "news", text: "mine" });
    await expect(bob.send({ channel: "team.a", text: "not mine" })).rejects.toMatchObject({
      code: "not-allowed",
    });
  });
});

describe("a peer that is revoked", () => {
  test("is cut off at once and stays so, until it is minted again with its key", async () => {
    verifies("CLI-131", "CLI-135", "TRUST-16", "CLI-10");
    const bob = await user.be("bob");
    const unsure = await run("revoke", "bob");
    expect(unsure).toMatchObject({
      exitCode: 2,
      error: { code: "not-confirmed" },
      result: { revoked: false },
    });
    expect(bob.state).toBe("live");
    expect((await run("revoke", "bob", "--yes")).result).toMatchObject({ name: "bob", revoked: true });
    await eventually(() => expect(bob.state).toBe("stopped"));
    await expect(user.be("bob")).rejects.toMatchObject({ code: "auth-refused" });
    const listed = (await run("creds")).result.credentials;
    expect(listed).toContainEqual(expect.objectContaining({ name: "bob", state: "revoked" }));
    const renewed = await run("creds", "renew", "bob");
    expect(renewed).toMatchObject({ exitCode: 4, error: { code: "auth-refused" } });
    expect(renewed.error?.hint).toContain("cotal mint bob");
    expect((await run("mint", "bob")).result).toMatchObject({ how: "made", id: bob.ref.id });
    await using again = await user.be("bob");
    await again.send({ channel: "news", text: "welcome" });
  });

  test("may be one that is known by its id alone", async () => {
    verifies("CLI-131");
    const { id } = (await run("mint", "carol")).result;
    expect((await run("revoke", id, "--yes")).result).toMatchObject({ id, revoked: true });
    expect(await run("revoke", "nobody", "--yes")).toMatchObject({ exitCode: 3 });
  });
});

test("a credential is renewed in its place, and others are not held up by one that is not", async () => {
  verifies("CLI-135", "CLI-55");
  const before = (await run("creds")).result.credentials;
  const all = await run("creds", "renew");
  expect(all).toMatchObject({ exitCode: 4, error: { code: "auth-refused" } });
  const states = Object.fromEntries(
    all.result.credentials.map(({ name, code }: { name: string; code?: string }) => [name, code]),
  );
  expect(states).toEqual({ alice: undefined, bob: undefined, carol: "auth-refused", eve: undefined });
  const after = (await run("creds")).result.credentials;
  expect(after.map(({ id }: { id: string }) => id)).toEqual(before.map(({ id }: { id: string }) => id));
  expect(await run("creds", "renew", "nobody")).toMatchObject({
    exitCode: 4,
    error: { code: "no-credential" },
  });
});

test("nothing of all that prints a secret", async () => {
  verifies("TRUST-21", "CLI-7");
  const printed = outputs.join("\n");
  expect(printed.length).toBeGreaterThan(1_000);
  const secrets = await user.secrets();
  expect(secrets.length).toBeGreaterThan(5);
  expect(secrets.filter((secret) => printed.includes(secret))).toEqual([]);
  expect(printed).not.toMatch(/eyJ[\w-]{20,}\./);
});

test("an agent gives no rights, and an open mesh knows none", async () => {
  verifies("CLI-47", "CLI-17");
  const env = { COTAL_CREDS: "x", COTAL_NAME: "bob", COTAL_SPACE: "main", COTAL_SERVERS: server };
  const refused = await user.run(["revoke", "alice", "--yes", "--json"], { env });
  expect([refused.code, refused.json().error?.code]).toEqual([5, "signer-missing"]);
  await using other = await testUser();
  await other.run(["up", "--detach", "--open"]);
  const open = await other.run(["mint", "x", "--json"]);
  expect([open.code, open.json().error?.code]).toEqual([8, "mesh-differs"]);
});
