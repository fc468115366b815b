import type { IForbiddenRuleType } from "dependency-cruiser";
import { below, type Layers } from "../repo/layers.ts";

const published = "^(packages|apps)/[^/]+/src/";

/** What no import between files may be. */
export function dependencyRules(layers: Layers): IForbiddenRuleType[] {
  const rules: IForbiddenRuleType[] = [
    { name: "no-circle", from: {}, to: { circular: true } },
    {
      name: "no-orphan",
      from: { orphan: true, pathNot: ["(^|/)(index|bin)\\.ts$", "\\.config\\.ts$", "\\.test\\.ts$"] },
      to: {},
    },
    { name: "no-missing-file", from: {}, to: { couldNotResolve: true } },
    { name: "no-unlisted-package", from: {}, to: { dependencyTypes: ["npm-no-pkg", "npm-unknown"] } },
    {
      name: "no-development-package",
      from: { path: published },
      to: { dependencyTypes: ["npm-dev"], dependencyTypesNot: ["npm", "npm-optional", "npm-peer"] },
    },
    {
      name: "no-private-code",
      from: { path: published },
      to: { path: ["^(e2e|bench|tools)/", "^(packages|apps)/[^/]+/test/"] },
    },
    {
      name: "no-reaching-across",
      from: { path: "^((packages|apps|e2e)/[^/]+|bench|tools)/" },
      to: { path: "^(packages|apps|e2e|bench|tools)/", pathNot: "^$1/", dependencyTypes: ["local"] },
    },
    ...Object.keys(layers).map((name) => layerRule(layers, name)),
  ];
  return rules.map((rule) => ({ severity: "error", ...rule }));
}

function layerRule(layers: Layers, name: string): IForbiddenRuleType {
  const allowed = [name, ...below(layers, name)].join("|");
  return {
    name: `layer-${name}`,
    from: { path: `^packages/${name}/src/` },
    to: { path: "^(packages|apps)/", pathNot: `^packages/(${allowed})/` },
  };
}
