import { existsSync } from "node:fs";
import { join } from "node:path";
import { cruise, type IViolation } from "dependency-cruiser";
import { sourceCondition } from "../manifests/house-manifest.ts";
import type { Layers } from "../repo/layers.ts";
import { dependencyRules } from "./rules.ts";

const folders = ["packages", "apps", "e2e", "bench", "tools"];

/** The imports that break a rule, one line each; type-only imports count as any other. */
export async function violations(root: string, layers: Layers): Promise<string[]> {
  const { output } = await cruise(
    folders.filter((folder) => existsSync(join(root, folder))),
    {
      baseDir: root,
      validate: true,
      ruleSet: { forbidden: dependencyRules(layers) },
      doNotFollow: { path: "node_modules" },
      exclude: { path: "(^|/)dist/" },
      tsPreCompilationDeps: true,
      skipAnalysisNotInRules: true,
    },
    { exportsFields: ["exports"], conditionNames: [sourceCondition, "import", "types", "node", "default"] },
  );
  if (typeof output === "string") throw new Error(`dependency-cruiser answered with text: ${output}`);
  if (output.summary.totalCruised === 0) throw new Error("dependency-cruiser found no file");
  return output.summary.violations.map(describe);
}

function describe({ rule, from, to, cycle }: IViolation): string {
  const route = cycle ? [from, ...cycle.map(({ name }) => name)] : from === to ? [from] : [from, to];
  return `${rule.name}: ${route.join(" → ")}`;
}
