import { mkdir, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { installedIn } from "../repo/installed.ts";
import { root } from "../repo/root.ts";
import { runtimeDependencies } from "../repo/workspace.ts";
import { type Report, reportOf } from "./check.ts";
import { runCommand, runTool } from "./command.ts";
import { type PackedPackage, unpack, withPacked } from "./packed.ts";

/**
 * Does what a user does: installs the packed packages into a project that knows nothing of this repository,
 * type-checks every declaration file in both ways of resolution that support ES modules, imports each package, and
 * asks each program for its version.
 */
export function checkConsumer(): Promise<Report> {
  return withPacked(async (packed, scratch) => {
    const project = join(scratch, "consumer");
    await install(packed, project);
    await writeFile(join(project, "use.ts"), `${packed.flatMap(importLines).join("\n")}\n`);
    const reports = [
      await typeCheck(project, { module: "nodenext", moduleResolution: "nodenext" }),
      await typeCheck(project, { module: "esnext", moduleResolution: "bundler" }),
      await runCommand({
        program: process.execPath,
        args: ["--input-type=module", "-e", runLines(packed)],
        cwd: project,
      }),
      ...(await Promise.all(packed.flatMap(programs).map((path) => askVersion(path, project)))),
    ];
    return reportOf(reports.filter(({ ok }) => !ok).map(({ output }) => output));
  });
}

/** Puts the tarballs where an installer would, and beside them what they depend on as the workspace has it. */
async function install(packed: readonly PackedPackage[], project: string): Promise<void> {
  const modules = join(project, "node_modules");
  const find = installedIn(root);
  const outside = new Map<string, string>();
  for (const one of packed) {
    await unpack(one.tarball, join(modules, one.manifest.name));
    for (const name of runtimeDependencies(one)) {
      const found = find(one.folder, name);
      if (found) outside.set(name, join(root, found.folder));
    }
  }
  for (const { manifest } of packed) outside.delete(manifest.name);
  outside.set("@types/node", join(root, "node_modules/@types/node"));
  for (const [name, target] of outside) {
    await mkdir(dirname(join(modules, name)), { recursive: true });
    await symlink(target, join(modules, name));
  }
  await writeFile(join(project, "package.json"), JSON.stringify({ name: "consumer", type: "module" }));
}

/** All entry points that hold code: `@cotal/session/testing` as well as `@cotal/session`. */
function entryPoints({ manifest }: PackedPackage): string[] {
  return Object.entries(manifest.exports ?? {})
    .filter(([, target]) => typeof target === "object")
    .map(([path]) => join(manifest.name, path));
}

/** The programs that a package installs, by their place in the project. */
function programs({ manifest }: PackedPackage): string[] {
  return Object.values(manifest.bin ?? {}).map((path) => join("node_modules", manifest.name, path));
}

function askVersion(path: string, project: string): Promise<Report> {
  return runCommand({ program: process.execPath, args: [path, "--version"], cwd: project });
}

function importLines(one: PackedPackage): string[] {
  return entryPoints(one).map((name, at) => {
    const local = `${one.manifest.name.replace(/\W/g, "_")}_${at}`;
    return `export * as ${local} from ${JSON.stringify(name)};`;
  });
}

function runLines(packed: readonly PackedPackage[]): string {
  return packed
    .flatMap(entryPoints)
    .map((name) => `await import(${JSON.stringify(name)});`)
    .join("\n");
}

async function typeCheck(project: string, resolution: object): Promise<Report> {
  const compilerOptions = {
    ...resolution,
    target: "es2022",
    lib: ["es2023", "esnext.disposable"],
    types: ["node"],
    strict: true,
    noEmit: true,
    skipLibCheck: false,
  };
  await writeFile(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["use.ts"] }));
  return runTool("tsc", ["-p", project]);
}
