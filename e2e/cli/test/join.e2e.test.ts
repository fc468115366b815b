import { join } from "node:path";
import { eventually } from "@cotal/harness";
import { verifies } from "@cotal/requirements";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Document, type Started, type TestUser, testUser } from "./cotal.ts";
import { onTerminal } from "./on-terminal.ts";

let user: TestUser;
let link: string;
beforeAll(async () => {
  user = await testUser();
  const { result } = (await user.run(["up", "--detach", "--as", "alice", "--json"])).json();
  link = result.link;
});
afterAll(() => user[Symbol.asyncDispose]());

interface Joined extends Started {
  /** Ends its input. */
  end(): Promise<{ readonly code: number | null; readonly documents: readonly Document[] }>;
}

const joinAs = async (who: TestUser, ...args: string[]): Promise<Joined> => {
  const started = who.start(["join", ...args], { stdin: { open: true } });
  await started.says('"present"');
  return {
    ...started,
    end: async () => {
      started.child.stdin?.end();
      const { code, stdout } = await started.finished();
      const documents = stdout
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line));
      return { code, documents };
    },
  };
};

describe("join without a terminal", () => {
  test("is present, prints what arrives as JSON, and is no more when its input ends", async () => {
    verifies("CLI-36", "CLI-68", "CLI-5", "CLI-7");
    const bob = await joinAs(user, "--as", "bob");
    await user.run(["send", "-c", "general", "to all"]);
    expect(await user.run(["send", "-t", "bob", "\u001b[31mred"])).toMatchObject({
      stdout: expect.stringMatching(/^stored seq \d+\n$/),
    });
    await bob.says("to all");
    await bob.says("\\u001b[31mred");
    const { code, documents } = await bob.end();
    expect(code).toBe(0);
    expect(documents.map(({ result }) => result.event)).toEqual(["present", "message", "message", "ended"]);
    expect(documents[0]?.result).toMatchObject({ name: "bob", channels: ["general"] });
    const messages = documents
      .slice(1, 3)
      .map(({ result }) => [result.kind, result.from.name, result.channel]);
    expect(messages.sort()).toEqual([
      ["channel", "alice", "general"],
      ["dm", "alice", undefined],
    ]);
    const later = await user.run(["send", "-t", "bob", "hello", "--json"]);
    expect([later.code, later.json().error?.code]).toEqual([3, "unknown-peer"]);
  });

  test("ends likewise when it is interrupted", async () => {
    verifies("CLI-36");
    const bob = await joinAs(user, "--as", "bob");
    bob.child.kill("SIGINT");
    expect(await bob.finished()).toMatchObject({ code: 0 });
    expect((await user.run(["send", "-t", "bob", "hello"])).code).toBe(3);
  });

  test("refuses a name that somebody has", async () => {
    const refused = await user.run(["join", "--as", "alice"], { stdin: "" });
    expect([refused.code, refused.json().error?.code]).toEqual([8, "name-taken"]);
  });

  test("with a link needs a credential, unless the mesh is this user's", async () => {
    verifies("CLI-33");
    const own = await joinAs(user, link, "--as", "carol");
    expect((await own.end()).code).toBe(0);
    await using stranger = await testUser();
    const refused = await stranger.run(["join", link], { stdin: "" });
    expect([refused.code, refused.json().error]).toEqual([
      4,
      expect.objectContaining({ code: "no-credential", hint: expect.stringContaining("--creds") }),
    ]);
    const welcome = await joinAs(stranger, link, "--creds", join(user.mesh, "peers/alice.creds"));
    const { code, documents } = await welcome.end();
    expect([code, documents[0]?.result.name]).toEqual([0, "alice"]);
  });

  test.each([
    [["http://nowhere/x"], 2, "bad-link"],
    [["cotal://127.0.0.1:1/main"], 6, "unreachable"],
    [["--creds", "/nowhere"], 4, "bad-credential"],
  ] as const)("with %j is refused with exit code %d", async (args, code, error) => {
    const refused = await user.run(["join", ...args], { stdin: "" });
    expect([refused.code, refused.json().error?.code]).toEqual([code, error]);
  });

  test("of a channel that is not allowed is refused", async () => {
    const refused = await user.run(["join", `${link}?channel=secret`], { stdin: "" });
    expect([refused.code, refused.json().error?.code]).toEqual([5, "not-allowed"]);
  });

  test("needs no credential in an open mesh", async () => {
    verifies("CLI-33");
    await using open = await testUser();
    const { result } = (await open.run(["up", "--detach", "--open", "--json"])).json();
    await using stranger = await testUser();
    const guest = await joinAs(stranger, result.link, "--as", "guest");
    expect((await open.run(["send", "-t", "guest", "welcome"])).code).toBe(0);
    await guest.says("welcome");
    expect((await guest.end()).code).toBe(0);
  });
});

test("join on a terminal is a chat that shows what arrives and sends what is typed", async () => {
  verifies("CLI-55", "CLI-68", "CLI-7");
  await user.run(["spawn", "echo1", "--preset", "echo"]);
  const { pty, screen, ended } = onTerminal(user, ["join", "--as", "dora"]);
  const shows = (text: string | RegExp): Promise<unknown> =>
    eventually(() => expect(screen()).toMatch(text), { what: `${text}` });
  await shows("/to <peer> <text>");
  await using watcher = await joinedWatcher();
  pty.write("hello everybody\r");
  await watcher.says("hello everybody");
  pty.write("/to echo1 to you\r");
  await shows(/echo1: .*to you/);
  pty.write("/to nobody hm\r");
  await shows(/not sent .*unknown-peer/);
  await user.run(["send", "-c", "general", "\u001b]0;mine\u0007look"]);
  await shows(/alice in general: .*\\u\{1b\}\]0;mine\\u\{7\}look/);
  pty.write("\u0003");
  expect(await ended).toBe(0);
});

async function joinedWatcher(): Promise<Joined & AsyncDisposable> {
  const joined = await joinAs(user, "--as", "watcher");
  return { ...joined, [Symbol.asyncDispose]: async () => void (await joined.end()) };
}
