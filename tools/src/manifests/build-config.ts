import { relative } from "node:path/posix";
import { purePackages } from "../repo/layers.ts";
import { isProgram, isPublished, runtimeDependencies, type WorkspacePackage } from "../repo/workspace.ts";

/**
 * The tsconfig.json of a published package: it is built after the packages it depends on. A program offers no
 * types, so none of its exports has to spell its own.
 */
export function packageConfig(one: WorkspacePackage, all: readonly WorkspacePackage[]): object {
  const needed = runtimeDependencies(one).sort();
  const references = needed.flatMap((name) => all.filter(({ manifest }) => manifest.name === name));
  const isPure = purePackages.some((name) => one.folder === `packages/${name}`);
  return {
    extends: "../../tsconfig.base.json",
    compilerOptions: {
      rootDir: "src",
      outDir: "dist",
      ...(isPure ? { types: [] } : {}),
      ...(isProgram(one) ? { isolatedDeclarations: false } : {}),
    },
    include: ["src"],
    ...(references.length > 0
      ? { references: references.map(({ folder }) => ({ path: relative(one.folder, folder) })) }
      : {}),
  };
}

/** The root tsconfig.build.json: every published package. */
export function buildConfig(all: readonly WorkspacePackage[]): object {
  return { files: [], references: all.filter(isPublished).map(({ folder }) => ({ path: folder })) };
}
