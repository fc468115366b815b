import { satisfies } from "semver";
import { isPublished, type Manifest, packagesOf } from "../repo/workspace.ts";
import type { Finding, Installed, Rule } from "./rule.ts";

const oldestNode = "20.19.0";

/** Packages that declare more than they need; each has been run on Node 20 by the tests of this repository. */
const declareTooMuch: readonly string[] = ["@nats-io/nuid"];

/**
 * Whatever a published package brings along runs on the oldest Node that is supported, at every depth.
 * Optional dependencies are exempt: an installer leaves them out where they do not fit.
 */
export const engines: Rule = {
  name: "engines",
  findings: ({ files, installed }) =>
    packagesOf(files)
      .filter(isPublished)
      .flatMap((one) => unfit(one.folder, one.manifest, { installed, seen: new Set() }))
      .map(({ folder, message }) => ({ path: `${folder}/package.json`, message })),
};

interface Walk {
  readonly installed: Installed;
  readonly seen: Set<string>;
}

interface Unfit extends Omit<Finding, "path"> {
  readonly folder: string;
}

function unfit(folder: string, manifest: Manifest, { installed, seen }: Walk): Unfit[] {
  return Object.keys(manifest.dependencies ?? {}).flatMap((name) => {
    const found = installed(folder, name);
    if (!found) return [{ folder, message: `${name} is not installed` }];
    if (seen.has(found.folder)) return [];
    seen.add(found.folder);
    const range = found.manifest.engines?.node ?? "*";
    const fits = satisfies(oldestNode, range) || declareTooMuch.includes(name);
    const own = fits
      ? []
      : [{ folder, message: `${name} needs Node ${range}, which excludes ${oldestNode}` }];
    return [...own, ...unfit(found.folder, found.manifest, { installed, seen })];
  });
}
