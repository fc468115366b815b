import { purePackages } from "../repo/layers.ts";
import { isPublishedSource } from "../repo/place.ts";
import { packagesOf, runtimeDependencies } from "../repo/workspace.ts";
import { importedModule } from "../syntax/names.ts";
import type { Rule } from "./rule.ts";
import { nodeRule } from "./syntax-rule.ts";

const folders = purePackages.map((name) => `packages/${name}`);

const imports = nodeRule({
  name: "purity",
  where: (path) => isPublishedSource(path) && folders.some((folder) => path.startsWith(`${folder}/`)),
  fault: (node) => {
    const module = importedModule(node);
    if (module === undefined || module.startsWith("./") || module.startsWith("../")) return undefined;
    return `imports ${module}; a pure package imports nothing`;
  },
});

/** A pure package has no dependency and uses nothing of Node. */
export const purity: Rule = {
  name: "purity",
  findings: (repo) => [
    ...packagesOf(repo.files)
      .filter((one) => folders.includes(one.folder) && runtimeDependencies(one).length > 0)
      .map(({ folder }) => ({
        path: `${folder}/package.json`,
        message: "a pure package depends on nothing",
      })),
    ...imports.findings(repo),
  ],
};
