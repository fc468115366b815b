import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { verifies } from "@cotal/requirements";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bundleProgram } from "../../src/checks/bundle.ts";
import { root } from "../../src/repo/root.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "cotal-bundle-"));
  await bundleProgram(join(root, "apps/cotal"), folder);
}, 120_000);
afterAll(() => rm(folder, { recursive: true }));

/** All that stands in the files that are loaded with one that is called so. */
async function loadedWith(name: string): Promise<string> {
  const file = (await readdir(folder)).find((one) => one.startsWith(`${name}-`)) ?? "";
  const texts = new Map<string, string>();
  const load = async (path: string): Promise<void> => {
    const text = await readFile(path, "utf8");
    texts.set(path, text);
    for (const [, beside = ""] of text.matchAll(/(?:import|from)\s*"(\.\/[^"]+)"/g)) {
      const next = join(dirname(path), beside);
      if (!texts.has(next)) await load(next);
    }
  };
  await load(join(folder, file));
  return [...texts.values()].join("\n");
}

/** By the name of its class; the texts themselves are too long to be shown. */
const needsBroker = async (name: string): Promise<boolean> =>
  (await loadedWith(name)).includes("NatsConnectionImpl");

test.each(["up", "down", "version"])("%s loads no client of the broker before it needs one", async (name) => {
  verifies("CLI-4");
  expect(await needsBroker(name)).toBe(false);
});

test.each(["take-parts", "leases", "deliver", "manage"])("%s needs one", async (name) => {
  expect(await needsBroker(name)).toBe(true);
});
