import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startOpenSpace, type TestSpace } from "./space.ts";

const run = promisify(execFile);
const pathOf = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

let space: TestSpace;
beforeAll(async () => {
  space = await startOpenSpace("main");
});
afterAll(() => space[Symbol.asyncDispose]());

test.each([
  ["two-peers", ["stored seq ", 'alice in general: [{"kind":"text","text":"good morning"}]']],
  ["direct", ["an answer to my question: true"]],
  ["workers", ["30 tasks, each done by one of 3"]],
  ["bot", ['clock: [{"kind":"text","text":"it is late"}]']],
  ["observer", ['team.backend: [{"kind":"text","text":"deployed"}]', "live: alice"]],
] as const)("the example %s runs as the page of the package shows it", async (name, lines) => {
  const file = pathOf(`../examples/${name}.ts`);
  const page = await readFile(pathOf("../../../packages/endpoint/README.md"), "utf8");
  expect(page).toContain((await readFile(file, "utf8")).trim());
  const { stdout } = await run(process.execPath, ["--import", "tsx", "--conditions", "cotal-source", file], {
    cwd: pathOf(".."),
    env: { ...process.env, COTAL_SERVERS: space.broker.url },
    timeout: 60_000,
  });
  for (const line of lines) expect(stdout).toContain(line);
});
