import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { verifies } from "@cotal/requirements";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Finished, program, type TestUser, testUser } from "./cotal.ts";

let user: TestUser;
let older: readonly string[];

let installed: string;

/** The same program under another version, beside where it is installed. */
async function installedAs(version: string): Promise<readonly string[]> {
  const home = dirname(dirname(program[0] ?? ""));
  installed = await mkdtemp(`${home}-`);
  await cp(join(home, "dist"), join(installed, "dist"), { recursive: true });
  const manifest = JSON.parse(await readFile(join(home, "package.json"), "utf8"));
  await writeFile(join(installed, "package.json"), JSON.stringify({ ...manifest, version }));
  return [join(installed, "dist", "bin.js")];
}

const warned = (of: Finished): readonly { code: string; message: string; hint: string }[] =>
  JSON.parse(of.stdout).warnings ?? [];

beforeAll(async () => {
  user = await testUser();
  older = await installedAs("0.0.0-older");
  const up = await user.run(["up", "--detach", "--json"], { program: older });
  expect(up.json()).toMatchObject({ ok: true });
  expect(warned(up)).toEqual([]);
  await user.run(["spawn", "echo1", "--preset", "echo"], { program: older });
});
afterAll(async () => {
  await user[Symbol.asyncDispose]();
  await rm(installed, { recursive: true, force: true });
});

describe("what runs of another release than the program", () => {
  test("is said by every command, with how to restart it, and by status for each part", async () => {
    verifies("CLI-16");
    for (const args of [["ps"], ["send", "-t", "echo1", "hi"], ["up"], ["send", "-t", "nobody", "hi"]]) {
      const warnings = warned(await user.run([...args, "--json"]));
      expect(warnings).toMatchObject([
        {
          code: "release-differs",
          message: expect.stringMatching(/the manager .*delivery .*run cotal 0\.0\.0-older, protocol 0\.3/),
          hint: expect.stringContaining("cotal down"),
        },
        { message: expect.stringContaining("the agent echo1"), hint: "cotal restart echo1" },
      ]);
    }
    const status = await user.run(["status", "--json"]);
    const { checks, delivery } = status.json().result;
    const verdictOf = (id: string): unknown => checks.find((each: { id: string }) => each.id === id);
    for (const id of ["manager", "delivery"]) {
      expect(verdictOf(id)).toMatchObject({
        verdict: "warning",
        next: expect.stringContaining("cotal down"),
      });
    }
    expect(delivery.shards[0]).toMatchObject({ version: "0.0.0-older", protocol: "0.3" });
    expect(warned(status)).toHaveLength(2);

    const text = await user.run(["ps", "--quiet"]);
    expect(text.stderr.trimEnd().split("\n")).toHaveLength(2);
    expect(text.stderr).toMatch(/^warning .*0\.0\.0-older.*\(release-differs\)$/m);
    expect(warned(await user.run(["ps", "--json"], { program: older }))).toEqual([]);
    expect(warned(await user.run(["version", "--json"]))).toEqual([]);
  });

  test("is over once it was restarted as the warning says", async () => {
    verifies("CLI-16");
    expect(warned(await user.run(["restart", "echo1", "--json"]))).toHaveLength(1);
    expect(warned(await user.run(["down", "--keep-agents", "--json"]))).toEqual([]);
    expect(warned(await user.run(["up", "--detach", "--json"]))).toEqual([]);
    const status = await user.run(["status", "--json"]);
    expect(status).toMatchObject({ code: 0 });
    expect(warned(status)).toEqual([]);
    expect((await user.run(["down", "--json"])).json()).toMatchObject({ ok: true });
  });
});
