import { join } from "node:path";
import { eventually } from "@cotal/harness";
import { verifies } from "@cotal/requirements";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type CallOptions, type TestUser, testUser } from "./cotal.ts";

let user: TestUser;
beforeAll(async () => {
  user = await testUser();
  await user.run(["up", "--detach", "--as", "alice"]);
});
afterAll(() => user[Symbol.asyncDispose]());

const send = (...args: string[]): ReturnType<TestUser["run"]> => user.run(["send", "--json", ...args]);
const serverOf = async (): Promise<string> => (await user.run(["status", "--json"])).json().result.server;

describe("send", () => {
  test("says where a post is stored, and stores it once under an id of the caller", async () => {
    verifies("CLI-8");
    const first = (await send("-c", "general", "hello", "--id", "note-1")).json().result;
    const again = (await send("-c", "general", "hello", "--id", "note-1")).json().result;
    expect(first).toMatchObject({ id: "note-1", duplicate: false, target: { channel: "general" } });
    expect(again).toMatchObject({ id: "note-1", duplicate: true, seq: first.seq });
  });

  test.each([
    [["-t", "nobody", "x"], 3, "unknown-peer"],
    [["-c", "secret", "x"], 5, "not-allowed"],
    [["-c", "a b", "x"], 2, "bad-channel"],
    [["-c", "general", "x", "--id", "a b"], 2, "invalid-id"],
    [["-c", "general", ""], 2, "usage"],
    [["-c", "general"], 2, "usage"],
    [["-c", "general", "-t", "alice", "x"], 2, "usage"],
    [["-c", "general", "x", "--timeout", "soon"], 2, "bad-number"],
    [["-c", "general", "--file", "/nowhere/text"], 2, "usage"],
  ] as const)("%j is refused with exit code %d", async (args, code, error) => {
    verifies("CLI-17");
    const refused = await send(...args);
    expect([refused.code, refused.json().error?.code]).toEqual([code, error]);
  });

  test.each([
    ["text", "from a pipe\n", 0, undefined],
    ["nothing", "", 2, "usage"],
    ["no text", Uint8Array.of(0xff, 0), 2, "bad-message"],
    ["more than the broker takes", "x".repeat(2 * 1024 * 1024), 2, "too-large"],
    ["more than is read", "x".repeat(9 * 1024 * 1024), 2, "too-large"],
  ] as const)("takes %s from its input for what it is", async (_, stdin, code, error) => {
    verifies("CLI-66");
    const options: CallOptions = { stdin };
    const ended = await user.run(["send", "--json", "-c", "general", "-"], options);
    expect([ended.code, ended.json().error?.code]).toEqual([code, error]);
  });

  test("many at once are all stored", async () => {
    verifies("CLI-67");
    const many = await Promise.all(
      Array.from({ length: 5 }, (_, at) => send("-c", "general", `at once ${at}`)),
    );
    expect(many.map(({ code }) => code)).toEqual([0, 0, 0, 0, 0]);
    expect(new Set(many.map((one) => one.json().result.seq)).size).toBe(5);
  });

  test("that waits in vain says what is stored, and its peer is no more", async () => {
    verifies("CLI-32");
    const late = await send("-t", "alice", "anybody?", "--wait-reply", "--timeout", "1s");
    expect(late).toMatchObject({ code: 1 });
    expect(late.json()).toMatchObject({ error: { code: "no-reply" }, result: { target: { to: "alice" } } });
    expect(late.json().result.seq).toBeGreaterThan(0);
  });

  test("shows a reply without letting it steer the terminal", async () => {
    verifies("CLI-7", "CLI-32");
    await using alice = await user.be("alice");
    alice.onMessage(async ({ message, sender }) => {
      await alice.send({ to: sender, text: "of something else", replyTo: "other" });
      await alice.send({ to: sender, text: "\u001b]0;mine\u0007ok\nline two", replyTo: message.id });
    });
    const sent = await user.run(["send", "-t", "alice", "hello", "--wait-reply"]);
    expect(sent).toMatchObject({ code: 0 });
    expect(sent.stdout).toMatch(/^stored seq \d+\nalice: \\u\{1b\}\]0;mine\\u\{7\}ok\nline two\n$/);
  });
});

test("the peer that waits for a reply is retired at its end, also when that is an interrupt", async () => {
  verifies("CLI-36");
  const listed = async (): Promise<string[]> => {
    await using endpoint = await user.be("alice");
    return endpoint.roster().map(({ name }) => name);
  };
  const waiting = user.start(["send", "-t", "alice", "hello", "--wait-reply", "--json"]);
  await eventually(async () => (await listed()).some((name) => name.startsWith("alice-")), {
    what: "the peer",
  });
  waiting.child.kill("SIGINT");
  const ended = await waiting.finished();
  expect(ended).toMatchObject({ code: 130 });
  expect(ended.json().error).toMatchObject({ code: "interrupted" });
  expect((await listed()).filter((name) => name.startsWith("alice-"))).toEqual([]);
});

describe("inside an agent", () => {
  const inside = async (): Promise<Record<string, string>> => ({
    COTAL_CREDS: join(user.mesh, "peers/worker1.creds"),
    COTAL_NAME: "worker1",
    COTAL_SPACE: "main",
    COTAL_SERVERS: await serverOf(),
  });

  test("send is that agent, and what makes peers is refused", async () => {
    verifies("CLI-47", "CLI-67");
    await user.run(["spawn", "worker1", "--preset", "echo"]);
    await using alice = await user.be("alice");
    await alice.join("general");
    const heard: string[] = [];
    alice.onMessage(async ({ message, sender, historical }) => {
      const by = alice.resolve(sender);
      if (!historical)
        heard.push(`${by.kind === "found" ? by.peer.name : ""}: ${JSON.stringify(message.parts)}`);
    });
    const process = (await user.holder("worker1"))?.pid ?? 0;
    const env = await inside();
    expect(await user.run(["send", "-c", "general", "I am here", "--json"], { env })).toMatchObject({
      code: 0,
    });
    await eventually(() => expect(heard.join()).toContain('worker1: [{"kind":"text","text":"I am here"}]'));
    const { id } = alice.ref;
    const direct = await user.run(["send", "-t", id, "to you alone", "--json"], { env });
    expect(direct.json().result).toMatchObject({ target: { id }, duplicate: false });
    await eventually(() => expect(heard.join()).toContain("to you alone"));
    const named = await user.run(["send", "-t", "alice", "by your name", "--json"], { env });
    expect(named.json().result).toMatchObject({ target: { to: "alice", id } });
    await eventually(() => expect(heard.join()).toContain("by your name"));
    const made = await user.run(["spawn", "x", "--preset", "echo", "--json"], { env });
    expect([made.code, made.json().error?.code]).toEqual([5, "signer-missing"]);
    const waits = await user.run(["send", "-t", "alice", "hello", "--wait-reply", "--json"], { env });
    expect([waits.code, waits.json().error?.code]).toEqual([8, "identity-in-use"]);
    expect((await user.holder("worker1"))?.pid).toBe(process);
  });
});

describe("without a mesh", () => {
  test("send, spawn and join say that none was made, or that it does not run", async () => {
    verifies("CLI-17");
    await using other = await testUser();
    const commands = [["send", "-c", "general", "x"], ["spawn", "x", "--preset", "echo"], ["join"]];
    for (const args of commands) {
      const refused = await other.run([...args, "--json"]);
      expect([args[0], refused.code, refused.json().error?.code]).toEqual([args[0], 3, "mesh-absent"]);
    }
    await other.run(["up", "--detach"]);
    await other.run(["down"]);
    for (const args of commands) {
      const refused = await other.run([...args, "--json"]);
      expect([args[0], refused.code, refused.json().error?.hint]).toEqual([args[0], 6, "cotal up"]);
    }
  });

  test("a wait for a reply ends when the mesh is taken down", async () => {
    verifies("CLI-32");
    await using other = await testUser();
    await other.run(["up", "--detach", "--as", "bob"]);
    const waiting = other.start(["send", "-t", "bob", "hello", "--wait-reply", "--json", "--timeout", "10m"]);
    await eventually(async () => (await other.run(["status", "--json"])).code === 0);
    const plain = other.start(["send", "-t", "bob", "hello", "--wait-reply", "--timeout", "10m"]);
    await plain.says("waiting for the reply");
    await other.run(["down"]);
    expect(await plain.finished()).toMatchObject({ code: 6, stdout: expect.stringContaining("stored seq") });
    expect((await waiting.finished()).code).toBe(6);
  });
});
