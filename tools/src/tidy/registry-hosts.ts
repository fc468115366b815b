import { textRule } from "./text-rule.ts";

/** Where packages come from is the user's setting, not this repository's. */
export const registryHosts = textRule({
  name: "registry-hosts",
  where: (path) => path !== "LICENSE",
  pattern: /registry\.(?:npmjs|yarnpkg|npmmirror)\.|npm\.pkg\.github\.|(?:^|\s)tarball: https?:|\bregistry=/,
  message: "names a package registry",
});
