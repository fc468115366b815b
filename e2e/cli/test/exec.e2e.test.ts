import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Endpoint } from "@cotal/endpoint";
import { eventually as within } from "@cotal/harness";
import { verifies } from "@cotal/requirements";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Finished, type TestUser, testUser } from "./cotal.ts";

let user: TestUser;

/** Many processes are started here, which a busy machine takes its time for. */
const eventually: typeof within = (check, options) => within(check, { timeoutMs: 150_000, ...options });

let alice: Endpoint;
const heard: { readonly replyTo: string | undefined; readonly text: string; readonly hops: number }[] = [];

beforeAll(async () => {
  user = await testUser();
  expect(await user.run(["up", "--detach", "--as", "alice"])).toMatchObject({ code: 0 });
  alice = await user.be("alice", { channels: ["general"] });
  alice.onMessage(
    async ({ message, hops }) => {
      const [part] = message.parts;
      heard.push({ replyTo: message.replyTo, text: part?.kind === "text" ? String(part.text) : "", hops });
    },
    { concurrency: 20 },
  );
});
afterAll(async () => {
  await alice?.[Symbol.asyncDispose]();
  await user?.[Symbol.asyncDispose]();
});

const spawn = async (name: string, line: string, ...words: string[]): Promise<Finished> => {
  const spawned = await user.run(["spawn", name, "--exec", line, ...words]);
  expect(spawned).toMatchObject({ code: 0, stdout: expect.stringMatching(/^ready/) });
  return spawned;
};
const logOf = (name: string): Promise<string> => readFile(join(user.mesh, "seats", name, "log"), "utf8");
const repliesTo = (id: string): string[] =>
  heard.filter(({ replyTo }) => replyTo === id).map(({ text }) => text);

describe.concurrent("agents that ask a command", () => {
  test("answer every task of their role though they are killed now and then", async () => {
    verifies("CLI-49", "CLI-51", "CLI-39", "CLI-40");
    const names = ["worker1", "worker2", "worker3"] as const;
    const words = ["--role", "worker", "--restart", "always", "--concurrency", "4"];
    await Promise.all(names.map((name) => spawn(name, "cat > /dev/null; echo done", ...words)));
    const tasks = 300;
    const ids: string[] = [];
    for (let task = 0; task < tasks; task++) {
      ids.push((await alice.send({ role: "worker", text: `task ${task}` })).id);
      if (task % 100 !== 50) continue;
      const name = names[Math.floor(task / 100)] ?? "worker1";
      const before = await user.holder(name);
      process.kill(before?.pid ?? 0, "SIGKILL");
      await eventually(async () => (await user.holder(name))?.pid !== before?.pid, { what: "the next one" });
    }
    const open = new Set(ids);
    await eventually(
      () => {
        for (const id of open) if (repliesTo(id).length > 0) open.delete(id);
        return open.size === 0;
      },
      { what: "an answer to every task", timeoutMs: 200_000 },
    );
    expect(new Set(ids.flatMap(repliesTo))).toEqual(new Set(["done"]));
    const { result } = (await user.run(["ps", "--json"])).json();
    const restarts = (result.seats as { name: string; restarts: number }[])
      .filter(({ name }) => name.startsWith("worker"))
      .map((seat) => seat.restarts);
    expect(restarts).toEqual([1, 1, 1]);
    expect((await user.run(["logs", "manager", "-n", "50"])).stdout).toContain("manager.restarted");
  });

  test("that mention each other stop at the hop limit", async () => {
    verifies("CLI-52");
    const say = (other: string): string =>
      `cat > /dev/null; echo '{"parts":[{"kind":"text","text":"ping ${other}"}],"mentions":["${other}"]}'`;
    await Promise.all([
      spawn("ada", say("ben"), "--exec-output", "json"),
      spawn("ben", say("ada"), "--exec-output", "json"),
    ]);
    await alice.send({ channel: "general", text: "begin", mentions: ["ada"] });
    const pings = (): number[] => heard.filter(({ text }) => text.startsWith("ping")).map(({ hops }) => hops);
    await eventually(() => pings().length >= 8, { what: "eight replies" });
    // Each handles one message after the other: who has answered this has seen all that was before.
    for (const to of ["ada", "ben"]) {
      const { id } = await alice.send({ to, text: "still there?" });
      await eventually(() => repliesTo(id).length === 1, { what: `an answer of ${to}` });
    }
    expect(
      pings()
        .filter((hops) => hops > 1)
        .sort(),
    ).toEqual([2, 3, 4, 5, 6, 7, 8]);
  });

  test("get a message again that they ask for again, and not one on which they fail too often", async () => {
    verifies("CLI-51");
    const line =
      'if grep -q fatal; then exit 3; fi; echo try >> tries; test $(wc -l < tries) -gt 1 || exit 75; echo "at last"';
    await spawn("retry1", line);
    const fatal = await alice.send({ to: "retry1", text: "fatal" });
    const { id } = await alice.send({ to: "retry1", text: "work" });
    await eventually(() => expect(repliesTo(id)).toEqual(["at last"]), { what: "the second try" });
    const ends = async (): Promise<string[]> => {
      const lines = (await logOf("retry1")).split("\n").filter((each) => each.includes('"seat.exec"'));
      return lines
        .map((each) => JSON.parse(each))
        .filter((each) => each.id === fatal.id)
        .map(({ end }) => end);
    };
    const isGivenUp = async (): Promise<boolean> => (await logOf("retry1")).includes('"givenUp":true');
    await eventually(isGivenUp, { what: "the end of the tries", timeoutMs: 120_000 });
    expect(await ends()).toEqual(Array.from({ length: 5 }, () => "exit 3"));
    expect(repliesTo(fatal.id)).toEqual([]);
  });

  test("hand back at once what they have in hand when they are stopped", async () => {
    verifies("CLI-53");
    const file = join(user.folder, "slow");
    await spawn(
      "slow1",
      `cat > /dev/null; echo x >> '${file}'; test -f '${file}.go' && echo quick || sleep 300`,
    );
    const { id } = await alice.send({ to: "slow1", text: "go" });
    await eventually(async () => (await readFile(file, "utf8").catch(() => "")) !== "", { what: "its work" });
    expect(await user.run(["stop", "slow1"])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("stopped"),
    });
    expect((await logOf("slow1")).includes('"end":"cut-off"')).toBe(true);
    await user.run(["spawn", "go1", "--pipes", "--", "touch", `${file}.go`]);
    expect(await user.run(["restart", "slow1"])).toMatchObject({ code: 0 });
    await eventually(() => expect(repliesTo(id)).toEqual(["quick"]), { what: "the answer of the next run" });
  });
});
