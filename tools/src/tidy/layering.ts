import { below, type Layers } from "../repo/layers.ts";
import { isPublishedSource } from "../repo/place.ts";
import type { TextFile } from "../repo/text-file.ts";
import { isPublished, packagesOf, runtimeDependencies, type WorkspacePackage } from "../repo/workspace.ts";
import { importedModule } from "../syntax/names.ts";
import { lineOf, nodesOf, syntaxOf } from "../syntax/source.ts";
import type { Finding, Rule } from "./rule.ts";

/**
 * A package depends only on what layers.json puts below it, apps on every package; and it imports only those
 * packages of the workspace that its users get with it.
 */
export const layering: Rule = {
  name: "layering",
  findings: ({ files, layers }) => {
    const packages = packagesOf(files);
    const known = new Set(packages.map(({ manifest }) => manifest.name));
    return packages.filter(isPublished).flatMap((one) => {
      const allowed = allowedFor(one, layers);
      if (!allowed) return [{ path: one.folder, message: "has no place in tools/layers.json" }];
      const forbidden = (name: string): boolean => known.has(name) && !allowed.has(name);
      const listed = new Set([one.manifest.name, ...runtimeDependencies(one)]);
      const unlisted = (name: string): boolean => known.has(name) && !listed.has(name);
      return [...badDependencies(one, forbidden), ...badImports(one, files, unlisted)];
    });
  },
};

/** The names a package may use; undefined when nobody has said where it stands. */
function allowedFor({ folder }: WorkspacePackage, layers: Layers): Set<string> | undefined {
  const [group, name = ""] = folder.split("/");
  const names = group === "apps" ? Object.keys(layers) : layers[name] && [...below(layers, name)];
  return names && new Set(names.map((each) => `@cotal/${each}`));
}

function badDependencies(one: WorkspacePackage, forbidden: (name: string) => boolean): Finding[] {
  return runtimeDependencies(one)
    .filter(forbidden)
    .map((name) => ({ path: `${one.folder}/package.json`, message: `may not depend on ${name}` }));
}

function badImports(
  { folder }: WorkspacePackage,
  files: readonly TextFile[],
  unlisted: (name: string) => boolean,
): Finding[] {
  return files
    .filter(({ path }) => path.startsWith(`${folder}/`) && isPublishedSource(path))
    .flatMap((file) =>
      [...nodesOf(syntaxOf(file))].flatMap((node) => {
        const module = importedModule(node);
        const name = module?.split("/").slice(0, 2).join("/") ?? "";
        if (!unlisted(name)) return [];
        return [{ path: file.path, line: lineOf(node), message: `imports ${name}, which is no dependency` }];
      }),
    );
}
