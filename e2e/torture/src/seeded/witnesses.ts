import { existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { runNode } from "./run-program.ts";
import type { PlayWitness, Replacement, TestWitness } from "./seeded-bug.ts";
import { type Testimony, testimonyOfPlay, testimonyOfTests } from "./testimony.ts";
import { root, type WorkspaceCopy } from "./workspace-copy.ts";

const player = relative(root, fileURLToPath(new URL("play-once.ts", import.meta.url)));

/** A loss that lasts is one: nobody waits for it as long as where it must not be a mistake. */
export const hasty: Replacement = {
  file: "e2e/torture/src/play.ts",
  from: "const settleMs = 180_000;",
  to: "const settleMs = 60_000;",
};

/** Beyond what it plays: the build, the mesh, what it waits for in the end, and a machine with other work. */
const playMoreMs = 240_000;

export async function askPlay(copy: WorkspaceCopy, witness: PlayWitness): Promise<Testimony> {
  const args = [...sourceLoader, player, JSON.stringify(witness)];
  const timeoutMs = witness.seconds * 1_000 + playMoreMs;
  const { result, output } = await copy.withReplaced(hasty, () => resultOf(copy, args, timeoutMs));
  if (result === undefined) return { kind: "unclear", why: `the play did not come to its end:\n${output}` };
  return testimonyOfPlay(JSON.parse(result), witness);
}

/** Runs it with the name of one more file, and reads what it has written there. */
async function resultOf(
  copy: WorkspaceCopy,
  args: readonly string[],
  timeoutMs: number,
): Promise<{ readonly result: string | undefined; readonly output: string }> {
  const path = join(copy.root, ".results/seeded.json");
  await rm(path, { force: true });
  const output = await runNode(copy, [...args, path], { timeoutMs });
  return { result: existsSync(path) ? await readFile(path, "utf8") : undefined, output };
}

const sourceLoader = ["--conditions", "cotal-source", "--import", "tsx"];
const testMs = 60_000;

/** Whether each of these tests is red; one that was not run says nothing. */
export async function askTests(copy: WorkspaceCopy, tests: readonly TestWitness[]): Promise<Testimony> {
  const only = tests.map(({ testName }) => testName.replaceAll(/[^\w ]/g, ".")).join("|");
  const args = [
    "node_modules/vitest/vitest.mjs",
    "run",
    ...unique(tests.map(({ project }) => project)).flatMap((project) => ["--project", project]),
    ...unique(tests.map(({ file }) => file)),
    ...["-t", only, "--testTimeout", String(testMs), "--reporter", "json", "--outputFile"],
  ];
  const { result, output } = await resultOf(copy, args, testMs * (2 + tests.length));
  if (result === undefined) return { kind: "unclear", why: `no test was run:\n${output}` };
  return testimonyOfTests(JSON.parse(result), tests);
}

function unique(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)];
}
