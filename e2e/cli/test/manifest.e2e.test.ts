import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { verifies } from "@cotal/requirements";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Finished, type TestUser, testUser } from "./cotal.ts";

let user: TestUser;
beforeAll(async () => {
  user = await testUser();
});
afterAll(() => user[Symbol.asyncDispose]());

async function upWith(lines: readonly string[], ...more: readonly string[]): Promise<Finished> {
  await writeFile(join(user.folder, "cotal.yaml"), lines.join("\n"));
  return await user.run(["up", "-f", "cotal.yaml", "--detach", "--json", ...more]);
}

const steps = (up: Finished): string[] =>
  up
    .json()
    .result.manifest.steps.map(({ what, name, change, because, state }: Record<string, string | string[]>) =>
      [what, name, change, ...(because ?? []), state].join(" "),
    );

const pidOf = async (name: string): Promise<number | undefined> => (await user.holder(name))?.pid;

const team = [
  "channels:",
  "  general: { description: talk }",
  "  builds: { class: live }",
  "agents:",
  "  echo1: { preset: echo }",
  "  reader: { command: [cat], allowSubscribe: [general, builds], env: { A: one } }",
];
const replaced = (from: string, to: string): string[] => team.map((line) => line.replace(from, to));

describe("a mesh from a manifest", () => {
  test("can be that of the guide", async () => {
    const guide = await readFile(new URL("../../../docs/guide/manifest.md", import.meta.url), "utf8");
    const dry = await upWith((/```yaml\n(.*?)```/s.exec(guide)?.[1] ?? "").split("\n"), "--dry-run");
    expect(dry).toMatchObject({ code: 0 });
    expect(steps(dry)).toHaveLength(5);
  });

  test("is only told in a dry run, also before there is one", async () => {
    verifies("CLI-28");
    const dry = await upWith(team, "--dry-run");
    expect(dry).toMatchObject({ code: 0 });
    expect(steps(dry)).toEqual([
      "channel general set description planned",
      "channel builds set class planned",
      "agent echo1 spawn planned",
      "agent reader spawn planned",
    ]);
    expect(await user.run(["status"])).toMatchObject({ code: 3 });
  });

  test("is refused with every fault, and nothing is made", async () => {
    verifies("CLI-28");
    const refused = await upWith([...replaced("preset: echo", "preset: ecko"), "  third: { colour: red }"]);
    expect(refused).toMatchObject({ code: 2 });
    expect(refused.json().error).toMatchObject({
      code: "bad-manifest",
      data: {
        file: "cotal.yaml",
        faults: [
          { line: 5, column: 12 },
          { line: 7, column: 12, what: 'unknown field "colour"' },
        ],
      },
    });
    expect(await user.run(["status"])).toMatchObject({ code: 3 });
    const inText = await user.run(["up", "-f", "cotal.yaml"]);
    expect(inText.stderr).toMatch(/cotal\.yaml:5:12: .*; cotal\.yaml:7:12: unknown field "colour"/);
  });

  test("is made as the file has it, and again nothing is changed", async () => {
    verifies("CLI-150");
    const made = await upWith(team);
    expect(made).toMatchObject({ code: 0 });
    expect(steps(made).every((step) => step.endsWith(" done"))).toBe(true);
    expect((await user.run(["send", "-t", "echo1", "hello", "--wait-reply"])).stdout).toContain(
      "echo1: hello",
    );
    const shown = (await user.run(["acl", "show", "reader", "--json"])).json();
    expect(shown.result.allowSubscribe.sort()).toEqual(["builds", "general"]);
    const pids = [await pidOf("echo1"), await pidOf("reader")];
    const again = await upWith(team);
    expect(again).toMatchObject({ code: 0 });
    expect(again.json().result.manifest).toMatchObject({ steps: [], left: [] });
    expect([await pidOf("echo1"), await pidOf("reader")]).toEqual(pids);
  });

  test("follows the file: rights are given and taken, a changed agent is started anew, others are left", async () => {
    verifies("CLI-150");
    const [echo1, reader] = [await pidOf("echo1"), await pidOf("reader")];
    const fewer = await upWith(replaced("[general, builds]", "[general]"));
    expect(steps(fewer)).toEqual(["agent reader rights rights done"]);
    const shown = (await user.run(["acl", "show", "reader", "--json"])).json();
    expect(shown.result.allowSubscribe).toEqual(["general"]);
    expect(await pidOf("reader")).toBe(reader);
    const other = await upWith(
      replaced("[general, builds]", "[general]").map((line) => line.replace("one", "two")),
    );
    expect(steps(other)).toEqual(["agent reader respawn env done"]);
    expect(await pidOf("reader")).not.toBe(reader);
    expect(await pidOf("echo1")).toBe(echo1);
    const short = await upWith(team.filter((line) => !line.includes("reader")));
    expect(short.json().result.manifest).toMatchObject({ steps: [], left: ["reader"] });
    expect(await user.run(["stop", "echo1"])).toMatchObject({ code: 0 });
    expect(steps(await upWith(team.slice(0, 5)))).toEqual(["agent echo1 start done"]);
  });

  test("refuses another role and another space before anything is changed", async () => {
    verifies("CLI-150", "CLI-58");
    const role = await upWith(replaced("preset: echo", "preset: echo, role: singer"));
    expect(role).toMatchObject({ code: 8 });
    expect(role.json().error).toMatchObject({ code: "rights-differ" });
    const space = await upWith(["space: other", ...team]);
    expect(space).toMatchObject({ code: 8 });
    expect(space.json().error).toMatchObject({ code: "mesh-differs" });
    expect(await upWith(["space: other", ...team], "--space", "main")).toMatchObject({ code: 2 });
  });

  test("tells how far it came when an agent does not come up", async () => {
    verifies("CLI-150", "CLI-26");
    const up = await upWith([...team.slice(0, 5), "  falls: { command: [sh, -c, 'exit 3'] }"]);
    expect(up).toMatchObject({ code: 1 });
    expect(up.json().error).toMatchObject({ code: "agent-ended" });
    expect(steps(up)).toEqual(["agent falls spawn failed"]);
  });

  test("in the foreground leaves nothing behind when it cannot be made", async () => {
    verifies("CLI-27");
    expect(await user.run(["down"])).toMatchObject({ code: 0 });
    await writeFile(join(user.folder, "cotal.yaml"), "agents:\n  falls2: { command: [sh, -c, 'exit 3'] }\n");
    const up = await user.run(["up", "-f", "cotal.yaml", "--json"]);
    expect(up).toMatchObject({ code: 1 });
    expect(await user.brokerPid()).toBeUndefined();
  });
});
