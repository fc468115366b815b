import { execFile } from "node:child_process";
import { chmod, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { verifies } from "@cotal/requirements";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { program, type TestUser, testUser } from "./cotal.ts";
import { masked } from "./transcript.ts";

const repository = fileURLToPath(new URL("../../../", import.meta.url));
const manual = join(repository, "docs/commands");
const readme = join(repository, "README.md");

let user: TestUser;
beforeAll(async () => {
  user = await testUser();
  const bin = join(user.folder, "bin");
  await mkdir(bin);
  const command = [process.execPath, ...program].map((word) => `'${word}'`).join(" ");
  await writeFile(join(bin, "cotal"), `#!/bin/sh\nexec ${command} "$@"\n`);
  await chmod(join(bin, "cotal"), 0o755);
  const manifest = "channels: {team.builds: {class: durable}}\nagents: {bob: {preset: echo}}\n";
  await writeFile(join(user.folder, "cotal.yaml"), manifest);
});
afterAll(() => user[Symbol.asyncDispose]());

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** As it is typed to a shell. */
function type(line: string, more: Readonly<Record<string, string>> = {}): Promise<Ran> {
  const env = { ...user.env, PATH: `${join(user.folder, "bin")}:${user.env.PATH}`, ...more };
  return new Promise((resolve) => {
    const child = execFile("/bin/sh", ["-c", line], { cwd: user.folder, env }, (error, stdout, stderr) =>
      resolve({
        code: typeof error?.code === "number" ? error.code : error === null ? 0 : -1,
        stdout,
        stderr,
      }),
    );
    child.stdin?.end();
  });
}

const transcript = /(<!-- made by e2e\/cli\/test\/examples\.e2e\.test\.ts -->\n```console\n)([\s\S]*?)(```)/;

test("the README shows what a real run says", async () => {
  verifies("CLI-185");
  const text = await readFile(readme, "utf8");
  const shown = transcript.exec(text)?.[2] ?? "";
  const lines = shown.split("\n").flatMap((line) => (line.startsWith("$ ") ? [line.slice(2)] : []));
  expect(lines.length).toBeGreaterThan(3);
  let ran = "";
  for (const line of lines) {
    const { stdout, stderr, code } = await type(`${line} --quiet`, { COTAL_AS: "me" });
    expect([line, code, stderr]).toEqual([line, 0, ""]);
    ran += `$ ${line}\n${masked(stdout, user.folder)}`;
  }
  if (process.env.COTAL_TRANSCRIPT === "write")
    await writeFile(readme, text.replace(transcript, `$1${ran}$3`));
  else expect(ran).toBe(shown);
});

/** The order of the list of commands, in which one line makes what another uses; what ends it all comes last. */
async function pages(): Promise<string[]> {
  const list = await readFile(join(manual, "README.md"), "utf8");
  const names = [...list.matchAll(/\]\((.+\.md)\)/g)].map(([, name = ""]) => name);
  expect([...names].sort()).toEqual((await readdir(manual)).filter((name) => name !== "README.md").sort());
  return [...names.filter((name) => name !== "down.md"), "down.md"];
}

describe("the examples of the pages on the commands", () => {
  test("do what they say, in the order of the pages", async () => {
    verifies("CLI-184");
    const typed: unknown[] = [];
    const told: unknown[] = [];
    for (const page of await pages()) {
      const block = /```sh\n([\s\S]*?)\n```/.exec(await readFile(join(manual, page), "utf8"))?.[1] ?? "";
      expect([page, block]).not.toEqual([page, ""]);
      for (const shown of block.split("\n")) {
        const [, line = "", exit = "0"] = /^(.*?)(?: +# (?:exit (\d+))?.*)?$/.exec(shown) ?? [];
        const { code, stdout, stderr } = await type(line);
        typed.push([line, code]);
        told.push([line, Number(exit)]);
        if (code !== Number(exit)) throw new Error(`${line}: exit ${code}\n${stdout}\n${stderr}`);
      }
    }
    expect(typed).toEqual(told);
    expect(typed.length).toBeGreaterThan(50);
  });
});
