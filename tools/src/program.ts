import { parseArgs } from "node:util";
import { build } from "./checks/build.ts";
import { check } from "./commands/check.ts";
import { writeFiles } from "./commands/write.ts";
import { newPackage } from "./manifests/new-package.ts";
import { unsynced } from "./manifests/sync.ts";
import { root } from "./repo/root.ts";
import { readFiles, type TextFile } from "./repo/text-file.ts";

type Print = (text: string) => void;

const usage = `usage: pnpm …
  check [--only <name>]…               run all checks, or those that are named
  build                                build the published packages from nothing
  sync                                 write what manifests and build settings must be
  new-package <name> "<description>"   create a package in the house form`;

/** The commands of this repository; the answer is the exit code. */
export async function run(args: readonly string[], print: Print): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { only: { type: "string", multiple: true } },
  });
  const [command, name, description, ...rest] = positionals;
  if (command === "new-package" && name !== undefined && description !== undefined && rest.length === 0) {
    return write(newPackage(readFiles(root), { name, description }), print);
  }
  if (name !== undefined) return misused(print);
  if (command === "check") return check(values.only ?? [], print);
  if (command === "sync") return write(unsynced(readFiles(root)), print);
  if (command === "build") return buildAll(print);
  return misused(print);
}

async function write(files: readonly TextFile[], print: Print): Promise<number> {
  await writeFiles(root, files);
  for (const { path } of files) print(`wrote ${path}`);
  if (files.some(({ path }) => path.endsWith("/package.json")))
    print("run pnpm install to bring the lockfile along");
  return 0;
}

async function buildAll(print: Print): Promise<number> {
  const { ok, output } = await build();
  if (output !== "") print(output);
  return ok ? 0 : 1;
}

function misused(print: Print): number {
  print(usage);
  return 2;
}
