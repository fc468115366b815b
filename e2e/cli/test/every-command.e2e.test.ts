import { verifies } from "@cotal/requirements";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Finished, type TestUser, testUser } from "./cotal.ts";

interface Calls {
  /** What has to be there, whether it is there already or not. */
  readonly before?: readonly string[];
  readonly good: readonly string[];
  readonly bad: readonly string[];
}

const spawnProgram = ["spawn", "prog1", "--", "sh", "-c", "echo begun; cat"];

/** How each command is run so that it succeeds, in this order, and so that it fails. */
const calls: Readonly<Record<string, Calls>> = {
  up: { good: ["up", "--detach"], bad: ["up", "--space", "a b"] },
  status: { good: ["status"], bad: ["status", "extra"] },
  doctor: { good: ["doctor"], bad: ["doctor", "extra"] },
  spawn: { good: ["spawn", "echo%", "--preset", "echo"], bad: ["spawn", "a b", "--preset", "echo"] },
  ps: { good: ["ps"], bad: ["ps", "extra"] },
  attach: { before: spawnProgram, good: ["attach", "prog1"], bad: ["attach", "a b"] },
  input: { good: ["input", "prog1", "hello"], bad: ["input", "prog1"] },
  logs: { good: ["logs", "prog1"], bad: ["logs", "a b"] },
  stop: { good: ["stop", "prog1"], bad: ["stop", "a b"] },
  restart: { good: ["restart", "prog1"], bad: ["restart", "a b"] },
  rm: { before: spawnProgram, good: ["rm", "prog1", "--yes"], bad: ["rm", "a b"] },
  manage: { good: [], bad: ["manage", "--max-agents", "x"] },
  send: { good: ["send", "-t", "echo1", "hello"], bad: ["send", "hello"] },
  join: { good: ["join"], bad: ["join", "http://nowhere"] },
  deliver: { good: [], bad: ["deliver", "--shards", "x"] },
  history: { good: ["history", "general"], bad: ["history", "a b"] },
  watch: { good: ["watch", "--for", "1s"], bad: ["watch", "a b"] },
  who: { good: ["who"], bad: ["who", "--bogus"] },
  "channels list": { good: ["channels"], bad: ["channels", "list", "extra"] },
  "channels show": { good: ["channels", "show", "general"], bad: ["channels", "show", "a b"] },
  "channels set": {
    good: ["channels", "set", "general", "--class", "durable"],
    bad: ["channels", "set", "general"],
  },
  "channels rm": { good: ["channels", "rm", "general", "--yes"], bad: ["channels", "rm", "a b"] },
  mint: { good: ["mint", "minted1"], bad: ["mint", "a b"] },
  "acl show": { good: ["acl", "show", "minted1"], bad: ["acl", "show"] },
  "acl set": {
    good: ["acl", "set", "minted1", "--allow-subscribe", "general,lab"],
    bad: ["acl", "set", "minted1"],
  },
  "acl narrow": {
    good: ["acl", "narrow", "minted1", "--allow-subscribe", "general", "--dry-run"],
    bad: ["acl", "narrow", "minted1"],
  },
  "acl explain": { good: ["acl", "explain", "minted1", "general"], bad: ["acl", "explain", "minted1"] },
  pending: { good: ["pending", "minted1"], bad: ["pending"] },
  "dead list": { good: ["dead"], bad: ["dead", "list", "one", "two"] },
  "dead replay": { good: [], bad: ["dead", "replay"] },
  "dead drop": { good: [], bad: ["dead", "drop"] },
  "creds list": { good: ["creds"], bad: ["creds", "list", "extra"] },
  "creds renew": { good: ["creds", "renew", "minted1"], bad: ["creds", "renew", "a b"] },
  revoke: { good: ["revoke", "minted1", "--yes"], bad: ["revoke"] },
  link: { good: ["link", "--channel", "general"], bad: ["link", "--ttl", "1h"] },
  completion: { good: ["completion", "bash"], bad: ["completion", "tcsh"] },
  spaces: { good: ["spaces"], bad: ["spaces", "extra"] },
  use: { good: ["use", "main"], bad: ["use"] },
  paths: { good: ["paths"], bad: ["paths", "--port", "1"] },
  version: { good: ["version"], bad: ["version", "--bogus"] },
  down: { good: ["down"], bad: ["down", "now"] },
};

let user: TestUser;
beforeAll(async () => {
  user = await testUser();
});
afterAll(() => user[Symbol.asyncDispose]());

/** An agent that runs is not spawned again: each call is for another one. */
let spawned = 0;
const fresh = (words: readonly string[]): readonly string[] => {
  if (words.some((word) => word.includes("%"))) spawned += 1;
  return words.map((word) => word.replace("%", `${spawned}`));
};

/** Prints one document for each event. */
const goOn = ["join", "watch"];
/** Prints JSON without being told so, where it writes to no terminal; and one document for each event. */
const streams = ["join", "deliver", "manage"];

const expectDocument = (run: Finished, command: string, ok: boolean): void => {
  const document = run.json();
  expect(document).toMatchObject({ v: 1, command, ok, exitCode: run.code });
  expect(run.stderr).toBe("");
  expect(Object.keys(document)).toEqual(
    ok ? ["v", "command", "ok", "exitCode", "result"] : expect.arrayContaining(["error"]),
  );
};

const expectDocuments = ({ stdout, stderr, code }: Finished, command: string): void => {
  expect([code, stderr]).toEqual([0, ""]);
  const documents = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(documents.length).toBeGreaterThan(1);
  for (const document of documents)
    expect(document).toMatchObject({ v: 1, command, ok: true, result: { event: expect.any(String) } });
};

const expectSuccess = async (command: string, { before = [], good }: Calls): Promise<void> => {
  const prepare = async (): Promise<unknown> => before.length > 0 && (await user.run(before));
  await prepare();
  const goes = await user.run([...fresh(good), "--json"]);
  if (goOn.includes(command)) expectDocuments(goes, command);
  else expectDocument(goes, command, true);
  await prepare();
  const text = await user.run(fresh(good));
  expect(text).toMatchObject({ code: 0 });
  expect(text.stdout).not.toBe("");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: no terminal reads it
  expect(text.stdout + text.stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
};

describe("every command of the tree", () => {
  test("is among those that are run here", async () => {
    verifies("CLI-5", "CLI-55");
    const { result } = (await user.run(["--help", "--json"])).json();
    expect(Object.keys(calls).sort()).toEqual([...result.commands].sort());
  });

  test.each(Object.entries(calls))("%s succeeds and fails, in text and in JSON", async (command, each) => {
    verifies("CLI-5", "CLI-6", "CLI-17", "CLI-55");
    // A daemon goes on until somebody ends it; its own tests run it.
    if (each.good.length > 0) await expectSuccess(command, each);
    expectDocument(await user.run([...each.bad, "--json"]), command, false);
    if (streams.includes(command)) return;
    const failed = await user.run(each.bad);
    expect(failed).toMatchObject({ code: 2, stdout: "" });
    expect(failed.stderr).toMatch(/^failed .+ \([a-z-]+\)\nnext {3}.+\n$/);
  });

  test.each(Object.keys(calls))("%s has a help", async (command) => {
    const help = await user.run([...command.split(" "), "--help"]);
    expect(help).toMatchObject({ code: 0, stderr: "" });
    expect(help.stdout).toContain(`cotal ${command}`);
  });
});

test("nothing that runs is three lines, also in a home that is new", async () => {
  verifies("CLI-13");
  const bare = await user.run([]);
  expect(bare).toMatchObject({ code: 0, stderr: "" });
  expect(bare.stdout.trimEnd().split("\n")).toHaveLength(3);
  expect(bare.stdout).toContain("cotal up");
  await using other = await testUser();
  expect(await other.run([])).toMatchObject({ code: 0, stdout: bare.stdout });
});
