import { verifies } from "@cotal/requirements";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Finished, type TestUser, testUser } from "./cotal.ts";

/** How each command is run so that it succeeds, in this order, and so that it fails. */
const calls: Readonly<Record<string, { readonly good: readonly string[]; readonly bad: readonly string[] }>> =
  {
    up: { good: ["up", "--detach"], bad: ["up", "--space", "a b"] },
    status: { good: ["status"], bad: ["status", "extra"] },
    spawn: { good: ["spawn", "echo%", "--preset", "echo"], bad: ["spawn", "a b", "--preset", "echo"] },
    send: { good: ["send", "-t", "echo1", "hello"], bad: ["send", "hello"] },
    join: { good: ["join"], bad: ["join", "http://nowhere"] },
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

/** Prints JSON without being told so, where it writes to no terminal; and one document for each event. */
const streams = ["join"];

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

describe("every command of the tree", () => {
  test("is among those that are run here", async () => {
    verifies("CLI-5", "CLI-55");
    const { result } = (await user.run(["--help", "--json"])).json();
    expect(Object.keys(calls).sort()).toEqual([...result.commands].sort());
  });

  test.each(Object.entries(calls))(
    "%s succeeds and fails, in text and in JSON",
    async (command, { good, bad }) => {
      verifies("CLI-5", "CLI-6", "CLI-17", "CLI-55");
      const goes = await user.run([...fresh(good), "--json"]);
      if (streams.includes(command)) expectDocuments(goes, command);
      else expectDocument(goes, command, true);
      const text = await user.run(fresh(good));
      expect(text).toMatchObject({ code: 0 });
      expect(text.stdout).not.toBe("");
      // biome-ignore lint/suspicious/noControlCharactersInRegex: no terminal reads it
      expect(text.stdout + text.stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
      expectDocument(await user.run([...bad, "--json"]), command, false);
      if (streams.includes(command)) return;
      const failed = await user.run(bad);
      expect(failed).toMatchObject({ code: 2, stdout: "" });
      expect(failed.stderr).toMatch(/^failed .+ \([a-z-]+\)\nnext {3}.+\n$/);
    },
  );

  test.each(Object.keys(calls))("%s has a help", async (command) => {
    const help = await user.run([command, "--help"]);
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
