import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { isRunning } from "@cotal/broker";
import { eventually as within } from "@cotal/harness";
import { verifies } from "@cotal/requirements";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type TestUser, testUser } from "./cotal.ts";
import { onTerminal } from "./on-terminal.ts";

let user: TestUser;

/** Many processes are started here, which a busy machine takes its time for. */
const eventually: typeof within = (check, options) => within(check, { timeoutMs: 150_000, ...options });

beforeAll(async () => {
  user = await testUser();
  expect(await user.run(["up", "--detach"])).toMatchObject({ code: 0 });
});
afterAll(() => user[Symbol.asyncDispose]());

// biome-ignore lint/suspicious/noExplicitAny: what ps prints of one agent
const ps = async (name: string): Promise<any> => {
  const { result } = (await user.run(["ps", "--json"])).json();
  return result.seats.find((seat: { name: string }) => seat.name === name);
};
const logOf = (name: string): Promise<string> =>
  readFile(join(user.mesh, "seats", name, "log"), "utf8").catch(() => "");
const documentsOf = (stdout: string): { ok: boolean; exitCode: number; result: { event: string } }[] =>
  stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));

describe.concurrent("an agent in the foreground", () => {
  test("has the terminal of the caller, is known to everybody, and gives its exit code", async () => {
    verifies("CLI-180", "CLI-181");
    const line = "stty -echo; echo size $(stty size); read word; echo got $word; exit 7";
    const held = onTerminal(user, ["spawn", "fore1", "--foreground", "--", "sh", "-c", line]);
    await eventually(() => held.screen().includes("size 40 120"), { what: "the size of the terminal" });
    expect(await ps("fore1")).toMatchObject({ process: "running", pid: held.pty.pid });
    expect(await user.run(["spawn", "fore1", "--", "cat"])).toMatchObject({ code: 8 });
    expect(await user.run(["attach", "fore1"])).toMatchObject({
      stdout: expect.stringContaining("size 40 120"),
    });
    held.pty.write("hello\r");
    expect(await held.ended).toBe(7);
    expect(held.screen()).toMatch(/got hello[\s\S]*fore1 has ended: exit 7/);
    expect(await ps("fore1")).toMatchObject({ process: "exited", exit: { code: 7 } });
    expect(await logOf("fore1")).toContain("got hello");
  });

  test("gets the Ctrl-C of its terminal, and nothing of it is left", async () => {
    verifies("CLI-180");
    const held = onTerminal(user, [
      "spawn",
      "fore2",
      "--foreground",
      "--",
      "sh",
      "-c",
      "echo begun; sleep 300",
    ]);
    await eventually(() => held.screen().includes("begun"));
    // It is noted a moment after it has begun.
    const child = await eventually(async () => {
      const state = JSON.parse(await readFile(join(user.mesh, "seats/fore2/state.json"), "utf8"));
      return state.children[0] ?? false;
    });
    held.pty.write("\u0003");
    expect(await held.ended).toBe(130);
    expect(isRunning(child)).toBe(false);
    expect(await ps("fore2")).toMatchObject({ process: "exited", exit: { signal: "SIGINT" } });
  });

  test("has the pipes of the caller, and ends with its input or by whoever stops it", async () => {
    verifies("CLI-180", "CLI-181");
    const words = ["--foreground", "--", "sh", "-c", "cat; echo done >&2"];
    const whole = await user.run(["spawn", "fore3", "--quiet", ...words], { stdin: "one\ntwo\n" });
    expect(whole).toMatchObject({ code: 0, stdout: "one\ntwo\n", stderr: "done\n" });
    const held = user.start(["spawn", "fore3", "--foreground", "--", "cat"], { stdin: { open: true } });
    held.child.stdin?.write("three\n");
    await held.says("three");
    expect(await user.run(["stop", "fore3"])).toMatchObject({ code: 0 });
    expect((await held.finished()).code).toBe(0);
    expect(await ps("fore3")).toMatchObject({ process: "stopped" });
  });

  test("is one document for each line that it says, without what was given to it", async () => {
    verifies("CLI-181", "CLI-46");
    const args = ["spawn", "fore4", "--foreground", "--json", "--env", "TOKEN=s3cret-value", "--"];
    const run = await user.run([...args, "sh", "-c", 'echo "$TOKEN"; echo two >&2; exit 3']);
    expect(run).toMatchObject({ code: 3, stderr: "" });
    expect(run.stdout).not.toContain("s3cret-value");
    const documents = documentsOf(run.stdout);
    expect(documents.map(({ result: { event } }) => event)).toEqual(["running", "output", "output", "ended"]);
    expect(documents.map(({ result }) => result)).toContainEqual({
      event: "output",
      from: "stdout",
      text: "***",
    });
    expect(documents.at(-1)).toMatchObject({ ok: false, exitCode: 3, error: { code: "agent-ended" } });
  });

  test("that is no program says what happens to it, and ends with the interrupt", async () => {
    verifies("CLI-180");
    const held = user.start(["spawn", "fore5", "--foreground", "--preset", "echo"]);
    await held.says("info seat.started");
    await eventually(async () => (await ps("fore5")).mesh === "present");
    expect(await user.run(["send", "-t", "fore5", "hello", "--wait-reply"])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("fore5: hello"),
    });
    held.child.kill("SIGINT");
    expect((await held.finished()).code).toBe(0);
    expect(await ps("fore5")).toMatchObject({ process: "stopped", mesh: "absent" });
  });

  test.each([
    ["--restart", "always"],
    ["--wait", "ready"],
  ])("is refused with %s %s", async (...words) => {
    verifies("CLI-181");
    const run = await user.run(["spawn", "fore6", "--foreground", ...words, "--json", "--", "cat"]);
    expect([run.code, run.json().error?.code]).toEqual([2, "usage"]);
    expect(await ps("fore6")).toBeUndefined();
  });
});

describe.concurrent("what an agent joins at its start", () => {
  test("is what was said, within its rights, and nothing else", async () => {
    verifies("CLI-182");
    const { result } = (await user.run(["status", "--json"])).json();
    const rights = ["--allow-subscribe", "general,lab", "--allow-publish", "general,lab"];
    expect(await user.run(["acl", "set", result.peer, ...rights])).toMatchObject({ code: 0 });
    const words = [...rights, "--subscribe", "lab", "--all", "--exec", "cat >> heard"];
    expect(await user.run(["spawn", "sub1", ...words])).toMatchObject({ code: 0 });
    await user.run(["send", "-c", "general", "not for it"]);
    await user.run(["send", "-c", "lab", "for it"]);
    const heard = (): Promise<string> => readFile(join(user.folder, "heard"), "utf8").catch(() => "");
    await eventually(async () => (await heard()).includes('"for it"'), { what: "the post to lab" });
    expect(await heard()).not.toContain("not for it");
    const program = ["--pipes", "--subscribe", "general", "--", "sh", "-c", "echo joins $COTAL_SUBSCRIBE"];
    expect(await user.run(["spawn", "sub2", ...program])).toMatchObject({ code: 0 });
    await eventually(async () => (await logOf("sub2")).includes("joins general"));
    const beyond = await user.run(["spawn", "sub3", "--json", "--subscribe", "lab", "--preset", "echo"]);
    expect([beyond.code, beyond.json().error?.code]).toEqual([5, "not-allowed"]);
    expect(await ps("sub3")).toBeUndefined();
  });
});
