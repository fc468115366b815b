import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { isRunning, type ProcessIdentity } from "@cotal/broker";
import { eventually as within } from "@cotal/harness";
import { verifies } from "@cotal/requirements";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Finished, program, type TestUser, testUser } from "./cotal.ts";
import { onTerminal } from "./on-terminal.ts";

let user: TestUser;

/** Many processes are started here, which a busy machine takes its time for. */
const eventually: typeof within = (check, options) => within(check, { timeoutMs: 150_000, ...options });

beforeAll(async () => {
  user = await testUser();
  expect(await user.run(["up", "--detach"])).toMatchObject({ code: 0 });
});
afterAll(() => user[Symbol.asyncDispose]());

interface SeatSight {
  readonly process: string;
  readonly mesh: string;
  readonly restarts: number;
  readonly id: string;
  readonly exit?: { readonly code: number };
}

const ps = async (name: string): Promise<SeatSight> => {
  const { result } = (await user.run(["ps", "--json"])).json();
  return result.seats.find((seat: { name: string }) => seat.name === name);
};
const spawn = (name: string, ...words: string[]): Promise<Finished> => user.run(["spawn", name, ...words]);
const logOf = (name: string): Promise<string> => readFile(join(user.mesh, "seats", name, "log"), "utf8");
const childOf = async (name: string): Promise<ProcessIdentity> =>
  JSON.parse(await readFile(join(user.mesh, "seats", name, "state.json"), "utf8")).children[0];

describe.concurrent("an agent that is a program of the user", () => {
  test("has a terminal, which others see as it stands, type on, and leave", async () => {
    verifies("CLI-31", "CLI-39", "CLI-43", "CLI-55");
    const line = "stty -echo; printf 'before %s' \"$COTAL_NAME\"; while read word; do echo got $word; done";
    const spawned = await spawn("term1", "--", "sh", "-c", line);
    expect(spawned).toMatchObject({ code: 0, stdout: expect.stringMatching(/^running/) });
    expect(await ps("term1")).toMatchObject({ process: "running", mesh: "absent", restarts: 0 });
    const first = onTerminal(user, ["attach", "term1"]);
    await eventually(() => first.screen().includes("before term1"), { what: "the repainted screen" });
    first.pty.write("hello\r");
    await eventually(() => first.screen().includes("got hello"), { what: "the answer of the program" });
    // Its own Ctrl-C would end the program; this key only leaves it.
    first.pty.write("\u001d");
    expect(await first.ended).toBe(0);
    expect(await user.run(["input", "term1", "later"])).toMatchObject({ code: 0 });
    await eventually(async () => (await logOf("term1")).includes("got later"));
    const screen = await user.run(["attach", "term1"]);
    expect(screen).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/before term1got hello\ngot later/),
    });
    const child = await childOf("term1");
    expect(await user.run(["stop", "term1"])).toMatchObject({ code: 0 });
    expect(isRunning(child)).toBe(false);
  });

  test("is who it is: inside it messages are sent as the agent, and nobody is made", async () => {
    verifies("CLI-46", "CLI-47");
    const cotal = [process.execPath, ...program].map((word) => `'${word}'`).join(" ");
    const line = `${cotal} send -c general hello; ${cotal} spawn other --preset echo; echo exit $?`;
    await spawn("inside1", "--pipes", "--", "sh", "-c", line);
    await eventually(async () => (await logOf("inside1")).includes("exit 5"), {
      what: "the end of its work",
    });
    expect(await logOf("inside1")).toContain("stored seq");
    expect(await ps("inside1")).toMatchObject({ process: "exited", exit: { code: 0 } });
  });

  test("gets what was given to it, and no output shows that", async () => {
    verifies("CLI-46");
    const words = ["--json", "--pipes", "--env", "TOKEN", "--env", "MODE=verbose-mode", "--", "sh", "-c"];
    const line =
      'test "$(printf %s "$TOKEN" | wc -c)" -eq 12 && test -z "$OTHER" && echo "$TOKEN and $MODE"; sleep 300';
    const env = { TOKEN: "s3cret-value", OTHER: "x" };
    const spawned = await user.run(["spawn", "env1", ...words, line], { env });
    await eventually(async () => (await logOf("env1")).includes("*** and ***"));
    const outputs = [spawned, await user.run(["ps", "--json"]), await user.run(["logs", "env1", "--json"])];
    for (const { code, stdout } of outputs) {
      expect(code).toBe(0);
      expect(stdout).not.toMatch(/s3cret-value|verbose-mode/);
    }
  });

  test("that is missing is exit 3 with the PATH, and leaves no trace", async () => {
    verifies("CLI-43");
    const missing = await spawn("none1", "--json", "--", "no-such-program");
    expect(missing).toMatchObject({ code: 3 });
    expect(missing.json().error).toMatchObject({
      code: "program-missing",
      hint: expect.stringContaining(user.env.PATH ?? "?"),
    });
    expect(await ps("none1")).toBeUndefined();
    expect(await spawn("none1", "--cwd", "/no/such", "--", "cat")).toMatchObject({ code: 2 });
  });

  test("that ends at once shows its last words, and stays stopped", async () => {
    verifies("CLI-44", "CLI-42");
    const line = "for word in 1 2 3 4 5 6 7 8 9 10 11 12; do echo word $word; done; exit 3";
    // What still runs a moment later is taken to run; where the machine is slow that may be this one, too.
    const ended = await eventually(async () => {
      const tried = await spawn("brief1", "--json", "--pipes", "--", "sh", "-c", line);
      expect(tried.code).toBe(1);
      return tried;
    });
    const { error, result } = ended.json();
    expect(result).toMatchObject({ process: "exited" });
    const { log = [] } = (error?.data ?? {}) as { log?: string[] };
    expect(log.length).toBeLessThanOrEqual(10);
    expect(log).toContain("word 12");
    expect(await ps("brief1")).toMatchObject({ process: "exited", exit: { code: 3 } });
  });

  test("that fails is started again with pauses, which ps and its log show", async () => {
    verifies("CLI-39", "CLI-24");
    const line = "echo run >> runs; test $(wc -l < runs) -gt 2 || exit 1; echo well; sleep 300";
    await spawn("again1", "--pipes", "--restart", "on-failure", "--", "sh", "-c", line);
    await eventually(async () => (await logOf("again1")).includes('"well"'), { what: "the third run" });
    expect(await ps("again1")).toMatchObject({ process: "running", restarts: 2 });
    const logs = await user.run(["logs", "again1"]);
    expect(logs.stdout).toMatch(/seat\.ended end=exit 1\n.*seat\.restarted restarts=1\n/);
    expect(logs.stdout).toMatch(/well\n$/);
  });

  test("goes on under its key with another program, not with other rights, and not twice at once", async () => {
    verifies("CLI-45", "CLI-76");
    await spawn("known1", "--", "cat");
    const { id } = await ps("known1");
    const running = await spawn("known1", "--json", "--", "cat");
    expect([running.code, running.json().error?.code]).toEqual([8, "agent-running"]);
    expect(await user.run(["stop", "known1"])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("stopped"),
    });
    expect(await user.run(["stop", "known1"])).toMatchObject({ code: 0, stdout: "known1 was not running\n" });
    const other = await spawn("known1", "--role", "w", "--json", "--", "cat");
    expect([other.code, other.json().error?.code]).toEqual([8, "rights-differ"]);
    expect(other.json().error?.hint).toContain("cotal acl");
    expect(await spawn("known1", "--preset", "echo")).toMatchObject({ code: 0 });
    expect(await ps("known1")).toMatchObject({ id, process: "running", mesh: "present" });
  });

  test("is restarted as it was, and its program ends with whoever held it", async () => {
    verifies("CLI-40", "CLI-69");
    await spawn("held1", "--pipes", "--", "sh", "-c", "trap '' HUP; sleep 300");
    const [holder, child] = [await user.holder("held1"), await childOf("held1")];
    process.kill(holder?.pid ?? 0, "SIGKILL");
    await eventually(async () => (await ps("held1")).process === "exited");
    expect(await user.run(["input", "held1", "x"])).toMatchObject({ code: 8 });
    expect(await user.run(["restart", "held1"])).toMatchObject({ code: 0 });
    expect(isRunning(child)).toBe(false);
    expect(await childOf("held1")).not.toEqual(child);
    expect(await ps("held1")).toMatchObject({ process: "running", restarts: 0 });
  });

  test("is removed for good: its key is void, and its name is free for somebody else", async () => {
    verifies("CLI-76", "CLI-64", "CLI-31");
    await spawn("gone1", "--", "cat");
    const { id } = await ps("gone1");
    const asked = await user.run(["rm", "gone1", "--json"]);
    expect(asked).toMatchObject({ code: 2 });
    expect(asked.json().result.wouldDelete).toHaveLength(2);
    expect(await ps("gone1")).toMatchObject({ process: "running" });
    const creds = join(user.mesh, "peers", "gone1.creds");
    const held = await readFile(creds, "utf8");
    expect(await user.run(["rm", "gone1", "--yes"])).toMatchObject({ code: 0 });
    expect(await ps("gone1")).toBeUndefined();
    await expect(readFile(creds)).rejects.toThrow("ENOENT");
    expect(await user.run(["rm", "gone1", "--yes"])).toMatchObject({ code: 3 });
    expect(await spawn("gone1", "--role", "w", "--", "cat")).toMatchObject({ code: 0 });
    expect((await ps("gone1")).id).not.toBe(id);
    expect(await readFile(creds, "utf8")).not.toBe(held);
  });
});

describe.concurrent("what agents and daemons have said", () => {
  test("is shown, and followed for a while", async () => {
    verifies("CLI-24", "CLI-5");
    await spawn("talk1", "--pipes", "--", "sh", "-c", "echo first; while read word; do echo $word; done");
    const following = user.start(["logs", "talk1", "-f", "--json"]);
    await following.says("first");
    await user.run(["input", "talk1", "second"]);
    await following.says("second");
    following.child.kill("SIGINT");
    const { code, stdout } = await following.finished();
    expect(code).toBe(0);
    const events = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line).result.event);
    expect(events.at(-1)).toBe("ended");
    expect(await user.run(["logs", "broker", "-n", "1000"])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("Server is ready"),
    });
    expect(await user.run(["logs", "manager", "-n", "1000"])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("manager.started"),
    });
    expect(await user.run(["logs", "nobody"])).toMatchObject({ code: 3 });
  });

  test("of an agent that is no program has no screen and takes no input", async () => {
    await spawn("echo9", "--preset", "echo");
    expect(await user.run(["attach", "echo9"])).toMatchObject({ code: 2 });
    expect(await user.run(["input", "echo9", "x"])).toMatchObject({ code: 2 });
    expect(await user.run(["attach", "nobody"])).toMatchObject({ code: 3 });
  });
});
