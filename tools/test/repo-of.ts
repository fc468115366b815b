import type { TextFile } from "../src/repo/text-file.ts";
import type { Installed, Repo } from "../src/tidy/rule.ts";

/** Files written out as `{ path: text }`. */
export type Tree = Readonly<Record<string, string>>;

export function filesOf(tree: Tree): TextFile[] {
  return Object.entries(tree).map(([path, text]) => ({ path, text }));
}

/** A repository that holds these files; what stands in a `node_modules` of the tree is installed. */
export function repoOf(tree: Tree): Repo {
  const installed: Installed = (folder, name) => {
    const place = `${folder}/node_modules/${name}`;
    const text = tree[`${place}/package.json`];
    return text === undefined ? undefined : { folder: place, manifest: JSON.parse(text) };
  };
  return {
    files: filesOf(tree),
    layers: { low: [], middle: ["low"], high: ["middle"], side: ["low"] },
    installed,
  };
}

/** The text of a manifest. */
export function manifest(name: string, fields: object = {}): string {
  return JSON.stringify({ name, ...fields });
}
