import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Self } from "../../src/host.ts";
import { launchWaiting, type WaitingProcess } from "../../src/process/launch.ts";

/** What it was told, and that it had to wait for it. */
const told = 'read -r told; echo "$told:$COTAL_START_LINE"';

interface Case {
  readonly says?: string;
  readonly env?: Readonly<Record<string, string>>;
}

async function said(
  tell: (launched: WaitingProcess) => void,
  { says = told, env = {} }: Case = {},
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "cotal-launch-"));
  const log = join(folder, "log");
  const self: Self = { command: ["/bin/sh", "-c", says], folder: "/" };
  const launched = await launchWaiting({ self, env, folder }, { words: [], log, mesh: folder });
  const ended = once(launched.ended, "abort");
  tell(launched);
  await ended;
  const text = await readFile(log, "utf8");
  await rm(folder, { recursive: true });
  return text;
}

test("a process that waits begins when it is told to, and is not taken back then", async () => {
  const text = await said(({ begin, abandon }) => {
    begin();
    abandon();
  });
  expect(text).toBe("go:1\n");
});

test("a process that is abandoned is told nothing, and not to begin any more", async () => {
  const text = await said(({ begin, abandon }) => {
    abandon();
    begin();
  });
  expect(text).toBe(":1\n");
});

test("a process that is launched finds the mesh and the sockets of its agents, and nothing else of the caller's", async () => {
  const xdg = { XDG_DATA_HOME: "/data", XDG_RUNTIME_DIR: "/run", XDG_STATE_HOME: "/state" };
  const text = await said(({ begin }) => begin(), { says: "env", env: { ...xdg, SECRET: "1" } });
  expect(text).toContain("COTAL_MESH=");
  for (const [name, value] of Object.entries(xdg)) expect(text).toContain(`${name}=${value}\n`);
  expect(text).not.toContain("SECRET");
});
