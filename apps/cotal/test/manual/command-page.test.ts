import { readdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { verifies } from "@cotal/requirements";
import { describe, expect, test } from "vitest";
import { listedCommands, rowOf } from "../../src/command-table.ts";
import { exampleTable } from "../../src/example-table.ts";
import { commandPage, fileOf, listPage } from "./command-page.ts";

const folder = fileURLToPath(new URL("../../../../docs/commands/", import.meta.url));

/** `vitest -u` writes the pages. */
describe("the pages on the commands", () => {
  test.each(listedCommands)("say of %s what its help says", async (name) => {
    verifies("CLI-14");
    const command = await rowOf(name)?.load();
    if (command === undefined) throw new Error(`${name} is in no table`);
    await expect(commandPage(name, command)).toMatchFileSnapshot(`${folder}${fileOf(name)}`);
  });

  test("show how each is used, and of nothing else", () => {
    verifies("CLI-184");
    expect(Object.keys(exampleTable).sort()).toEqual([...listedCommands].sort());
    for (const [name, examples] of Object.entries(exampleTable)) {
      const first = name.split(" ")[0] ?? "";
      expect(examples.length).toBeGreaterThan(0);
      for (const { line } of examples) expect(line).toMatch(new RegExp(`(^|[|] )cotal ${first}\\b`));
    }
  });

  test("are as many as the commands", async () => {
    verifies("CLI-14");
    const rows = listedCommands.map((name) => [name, rowOf(name)?.summary ?? ""] as const);
    await expect(listPage(rows)).toMatchFileSnapshot(`${folder}README.md`);
    expect((await readdir(folder)).sort()).toEqual([...listedCommands.map(fileOf), "README.md"].sort());
  });
});
