import { join } from "node:path";
import type { Endpoint } from "@cotal/endpoint";
import { verifies } from "@cotal/requirements";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Document, type TestUser, testUser } from "./cotal.ts";

let user: TestUser;
let alice: Endpoint;
beforeAll(async () => {
  user = await testUser();
  expect(await user.run(["up", "--detach", "--as", "alice"])).toMatchObject({ code: 0 });
  alice = await user.be("alice");
  for (const text of ["one", "two", "\u001b]0;mine\u0007three"])
    await alice.send({ channel: "general", text });
});
afterAll(async () => {
  await alice?.stop();
  await user[Symbol.asyncDispose]();
});

const run = async (...args: string[]): Promise<Document> => (await user.run([...args, "--json"])).json();
const documentsOf = (stdout: string): Document[] =>
  stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
const textsOf = (messages: readonly { readonly parts: readonly { readonly text: string }[] }[]): string[] =>
  messages.map(({ parts }) => parts[0]?.text ?? "");

describe("history", () => {
  test.concurrent("shows the newest posts, oldest first, with their places, to nobody's notice", async () => {
    verifies("CLI-120", "CLI-55");
    const { result } = await run("history", "general", "-n", "2");
    expect(textsOf(result.messages)).toEqual(["two", "\u001b]0;mine\u0007three"]);
    expect(result.messages[0]).toMatchObject({ from: { name: "alice" }, channel: "general", seq: 2 });
    expect(alice.roster().map(({ name }) => name)).toEqual(["alice"]);
  });

  test.concurrent("reads back to a moment, and no farther than the own peer may read", async () => {
    verifies("CLI-120", "CLI-17");
    expect((await run("history", "general", "--since", "1h")).result.messages).toHaveLength(3);
    const future = new Date(Date.now() + 3_600_000).toISOString();
    const none = await run("history", "general", "--since", future);
    expect(none).toMatchObject({ ok: true, result: { messages: [] } });
    const denied = await run("history", "secret.plans");
    expect(denied).toMatchObject({ exitCode: 5, error: { code: "not-allowed" } });
    expect(denied.error?.hint).toBe('cotal acl set alice --allow-subscribe "general,secret.plans"');
  });

  test.concurrent("shows a post in one line with its time, and lets it not steer the terminal", async () => {
    verifies("CLI-7", "CLI-120");
    const { stdout } = await user.run(["history", "general", "-n", "1", "--utc"]);
    expect(stdout).toMatch(
      /^\d{4}-\d\d-\d\dT[\d:]{8}Z {2}alice in general: \\u\{1b\}\]0;mine\\u\{7\}three\n$/,
    );
  });
});

describe("what goes on", () => {
  test("history --follow tells what was and what comes, each once, and Ctrl-C ends it well", async () => {
    verifies("CLI-121");
    const following = user.start(["history", "general", "-n", "1", "-f", "--json"]);
    await following.says("three");
    await alice.send({ channel: "general", text: "four" });
    await following.says("four");
    following.child.kill("SIGINT");
    const { code, stdout } = await following.finished();
    const documents = documentsOf(stdout);
    expect([code, documents.map(({ result }) => result.event)]).toEqual([0, ["message", "message", "ended"]]);
    expect(documents[1]?.result).toMatchObject({ parts: [{ text: "four" }], historical: false });
  });

  test("watch tells posts and who comes and goes, and nothing of before", async () => {
    verifies("CLI-121", "CLI-55");
    const watching = user.start(["watch", "--json"]);
    await watching.says("listening");
    // It listens once it has found the end of what was said.
    for (let at = 0; at < 100 && !(await heard(watching, `five ${at}`)); at++);
    expect((await user.run(["spawn", "echo1", "--preset", "echo"])).code).toBe(0);
    await watching.says("echo1");
    watching.child.kill("SIGINT");
    const { code, stdout } = await watching.finished();
    expect(code).toBe(0);
    const events = documentsOf(stdout).map(({ result }) => result);
    expect(events.filter(({ event }) => event === "presence")).toContainEqual(
      expect.objectContaining({ name: "echo1", change: "joined" }),
    );
    expect(textsOf(events.filter(({ event }) => event === "message")).join()).not.toMatch(
      /one|two|three|four/,
    );
  });

  test("a filter outside of what the own peer may read is refused", async () => {
    verifies("CLI-121", "CLI-17");
    expect(await run("watch", "secret.>", "--for", "1s")).toMatchObject({ exitCode: 5 });
  });
});

async function heard(started: ReturnType<TestUser["start"]>, text: string): Promise<boolean> {
  await alice.send({ channel: "general", text });
  return await Promise.race([
    started.says(text).then(() => true),
    new Promise<boolean>((resolve) => setTimeout(resolve, 200, false)),
  ]);
}

describe("who", () => {
  test("tells who exists, who is live, and what each says of itself", async () => {
    verifies("CLI-122", "CLI-55");
    await alice.setActivity("testing");
    const { result } = await run("who");
    const mine = { name: "alice", id: alice.ref.id, live: true, activity: "testing" };
    expect(result.peers).toContainEqual(expect.objectContaining(mine));
    expect((await run("who", "ALICE")).result.peers).toHaveLength(1);
    expect((await run("who", alice.ref.id)).result.peers).toMatchObject([{ name: "alice" }]);
    expect(await run("who", "nobody")).toMatchObject({ exitCode: 3, error: { code: "unknown-peer" } });
  });
});

describe("channels", () => {
  test("are set field by field, shown with what holds by default, and forgotten only when it is said", async () => {
    verifies("CLI-123", "CLI-10", "CLI-55");
    const dry = await run("channels", "set", "news", "--class", "durable", "--dry-run");
    expect(dry.result).toMatchObject({ changed: false, dryRun: true, after: { deliveryClass: "durable" } });
    expect((await run("channels", "show", "news")).result.set).toBeUndefined();
    await run("channels", "set", "news", "--class", "durable", "--description", "what is new");
    const more = await run("channels", "set", "news", "--replay", "off", "--unset", "class");
    expect(more.result.after).toEqual({ v: 1, description: "what is new", replay: false });
    expect((await run("channels", "set", "news", "--replay", "off")).result.changed).toBe(false);
    await run("channels", "set", "=defaults", "--instructions", "be brief");
    const shown = (await run("channels", "show", "news")).result;
    expect(shown).toMatchObject({ effective: { replay: false, instructions: "be brief" }, posts: 0 });
    const unsure = await run("channels", "rm", "news");
    expect(unsure).toMatchObject({
      exitCode: 2,
      error: { code: "not-confirmed" },
      result: { removed: false },
    });
    expect((await run("channels", "rm", "news", "--yes")).result.removed).toBe(true);
    expect((await run("channels", "rm", "news", "--yes")).result.removed).toBe(false);
  });

  test("are listed with what is kept of them", async () => {
    verifies("CLI-123");
    await alice.send({ channel: "general", text: "counted" });
    const { channels, unreadable } = (await run("channels")).result;
    expect(unreadable).toBe(0);
    const general = channels.find((each: { readonly channel: string }) => each.channel === "general");
    expect(general.posts).toBeGreaterThan(3);
  });

  test.concurrent.each([
    [["set", "team.*", "--class", "live"], "not-concrete"],
    [["set", "news", "--description", "x".repeat(201)], "invalid-record"],
  ] as const)("refuse %j", async (words, code) => {
    verifies("CLI-17");
    expect(await run("channels", ...words)).toMatchObject({ exitCode: 2, error: { code } });
  });
});

test("an agent has not the keys by which one reads what is set for all", async () => {
  verifies("CLI-47");
  const env = {
    COTAL_CREDS: join(user.mesh, "peers/echo1.creds"),
    COTAL_NAME: "echo1",
    COTAL_SPACE: "main",
    COTAL_SERVERS: "nats://127.0.0.1:1",
  };
  const refused = await user.run(["channels", "show", "=defaults", "--json"], { env });
  expect([refused.code, refused.json().error?.code]).toEqual([5, "signer-missing"]);
});
