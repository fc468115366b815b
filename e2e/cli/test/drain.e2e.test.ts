import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { eventually as within } from "@cotal/harness";
import { verifies } from "@cotal/requirements";
import { expect, test } from "vitest";
import { type TestUser, testUser } from "./cotal.ts";

/** Many processes are started here, which a busy machine takes its time for. */
const eventually: typeof within = (check, options) => within(check, { timeoutMs: 150_000, ...options });

const lines = async (user: TestUser, file: string): Promise<number> =>
  (await readFile(join(user.folder, file), "utf8").catch(() => "")).split("\n").length - 1;
const endsOf = async (user: TestUser, name: string): Promise<string[]> =>
  (await readFile(join(user.mesh, "seats", name, "log"), "utf8"))
    .split("\n")
    .filter((line) => line.includes('"seat.exec"'))
    .map((line) => JSON.parse(line).end);

test("a mesh that is drained lets agents finish what they have in hand, and hands back the rest", async () => {
  verifies("CLI-183");
  await using user = await testUser();
  await user.run(["up", "--detach"]);
  const work = "echo begun >> begun; until test -e go; do sleep 0.1; done; echo done >> done; echo done";
  await user.run(["spawn", "slow", "--restart", "always", "--exec", work]);
  await user.run(["spawn", "prog", "--pipes", "--", "sleep", "300"]);
  for (const text of ["one", "two"]) await user.run(["send", "-t", "slow", text]);
  await eventually(async () => (await lines(user, "begun")) === 1, { what: "the first message in hand" });
  const down = user.start(["down", "--drain", "--timeout", "120s"]);
  await down.says("waiting until slow has finished");
  await user.run(["send", "-t", "slow", "three"]);
  expect(await user.holder("slow")).toBeDefined();
  await writeFile(join(user.folder, "go"), "");
  const { code, stdout } = await down.finished();
  expect(code).toBe(0);
  const [agents, rest] = [
    /stopped {2}manager[\s\S]*drained {2}agent slow/,
    /stopped {2}agent prog[\s\S]*stopped {2}broker/,
  ];
  expect(stdout).toMatch(agents);
  expect(stdout).toMatch(rest);
  expect([await lines(user, "begun"), await lines(user, "done")]).toEqual([1, 1]);
  expect(await endsOf(user, "slow")).toEqual(["exit 0"]);
  const broker = await user.run(["logs", "broker", "-n", "1000"]);
  expect(broker.stdout).toMatch(/lame duck/i);
  // What was not in hand was handed back, and comes to it when it is there again.
  expect(await user.run(["up", "--detach"])).toMatchObject({ code: 0 });
  await eventually(async () => (await lines(user, "done")) === 3, { what: "the rest" });
});

test("who does not want to wait ends the wait: with Ctrl-C, or by the time that was given", async () => {
  verifies("CLI-183");
  await using user = await testUser();
  await user.run(["up", "--detach"]);
  await user.run(["spawn", "slow", "--restart", "always", "--exec", "echo begun >> begun; sleep 300"]);
  await user.run(["send", "-t", "slow", "one"]);
  for (const [end, times] of [
    ["interrupt", 1],
    ["time", 2],
  ] as const) {
    await eventually(async () => (await lines(user, "begun")) === times, { what: "a message in hand" });
    const words = end === "time" ? ["--timeout", "1s"] : [];
    const down = user.start(["down", "--drain", ...words]);
    await down.says("waiting until slow has finished");
    if (end === "interrupt") down.child.kill("SIGINT");
    const { code, stdout } = await down.finished();
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(/stopped {2}agent slow[\s\S]*stopped {2}broker/),
    ]);
    expect((await endsOf(user, "slow")).at(-1)).toBe("cut-off");
    await user.run(["up", "--detach"]);
  }
});
