import type { TextFile } from "../repo/text-file.ts";
import { unsynced } from "./sync.ts";

export interface NewPackage {
  /** The name below `@cotal/`, which is also its folder in packages/. */
  readonly name: string;
  /** One sentence for the registry and the README, without a full stop. */
  readonly description: string;
}

/**
 * The files that a new package adds or changes: its own in the house form, its place in the build and in
 * layers.json, where it stands on nothing until somebody says what is below it.
 */
export function newPackage(files: readonly TextFile[], { name, description }: NewPackage): TextFile[] {
  refuseBadRequest(files, { name, description });
  const folder = `packages/${name}`;
  const manifest = {
    name: `@cotal/${name}`,
    version: "0.0.0",
    description,
    devDependencies: { vitest: "catalog:" },
  };
  const own = [
    { path: `${folder}/package.json`, text: JSON.stringify(manifest) },
    { path: `${folder}/README.md`, text: `# @cotal/${name}\n\n${description}.\n` },
    { path: `${folder}/src/index.ts`, text: "export {};\n" },
    { path: `${folder}/test/index.test.ts`, text: firstTest },
    { path: layersPath, text: withLayer(files, name) },
  ];
  const merged = merge(files, own);
  const changed = unsynced(merged);
  return merge(own, changed);
}

const layersPath = "tools/layers.json";

const firstTest = `import { expect, test } from "vitest";
import * as api from "../src/index.ts";

test("the package offers these names and no others", () => {
  expect(Object.keys(api).sort()).toEqual([]);
});
`;

function refuseBadRequest(files: readonly TextFile[], { name, description }: NewPackage): void {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name) || name.length > 40) {
    throw new Error(`"${name}" is no name for a package; use lower-case words joined by hyphens`);
  }
  if (!/^[A-Z][^\n\r]{9,150}$/.test(description) || description.endsWith(".")) {
    throw new Error("describe the package in one sentence of 10 to 150 characters, without a full stop");
  }
  if (files.some(({ path }) => path.startsWith(`packages/${name}/`))) {
    throw new Error(`packages/${name} exists`);
  }
}

/** A package that was given its place beforehand keeps it; a new one comes last. One line for each. */
function withLayer(files: readonly TextFile[], name: string): string {
  const text = files.find(({ path }) => path === layersPath)?.text ?? "{}";
  const layers = { ...(JSON.parse(text) as Record<string, readonly string[]>) };
  layers[name] ??= [];
  const lines = Object.entries(layers).map(([own, below]) => `  "${own}": ${JSON.stringify(below)}`);
  return `{\n${lines.join(",\n")}\n}\n`;
}

/** All files of both lists; where both have a path the second counts. */
function merge(first: readonly TextFile[], second: readonly TextFile[]): TextFile[] {
  return [...new Map([...first, ...second].map((file) => [file.path, file])).values()];
}
