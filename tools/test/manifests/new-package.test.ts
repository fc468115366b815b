import { expect, test } from "vitest";
import { newPackage } from "../../src/manifests/new-package.ts";
import { unsynced } from "../../src/manifests/sync.ts";
import { below, type Layers } from "../../src/repo/layers.ts";
import { root } from "../../src/repo/root.ts";
import { readFiles, type TextFile } from "../../src/repo/text-file.ts";
import { tidy } from "../../src/tidy/tidy.ts";

const present = readFiles(root).filter(({ path }) =>
  /(^|\/)(package|layers|tsconfig[.\w]*)\.json$/.test(path),
);
const request = { name: "new-thing", description: "Things that are new in Cotal" };

function added(): { readonly own: TextFile[]; readonly all: TextFile[] } {
  const own = newPackage(present, request);
  const all = [...new Map([...present, ...own].map((file) => [file.path, file])).values()];
  return { own, all: all.sort((a, b) => (a.path < b.path ? -1 : 1)) };
}

test("a new package has a manifest, a build, a source, a test and a page", () => {
  const paths = added().own.map(({ path }) => path);
  expect(paths).toEqual(
    expect.arrayContaining([
      "packages/new-thing/package.json",
      "packages/new-thing/tsconfig.json",
      "packages/new-thing/src/index.ts",
      "packages/new-thing/test/index.test.ts",
      "packages/new-thing/README.md",
      "tsconfig.build.json",
      "tools/layers.json",
    ]),
  );
});

test("a new package leaves nothing to sync", () => {
  const paths = unsynced(added().all).map(({ path }) => path);
  expect(paths.filter((path) => path.includes("new-thing") || path === "tsconfig.build.json")).toEqual([]);
});

test("a new package keeps every rule of the house", () => {
  const { all } = added();
  const text = all.find(({ path }) => path === "tools/layers.json")?.text ?? "{}";
  const layers = JSON.parse(text) as Layers;
  const files = all.filter(({ path }) => path.startsWith("packages/new-thing/"));
  expect(tidy({ files, layers, installed: () => undefined })).toEqual([]);
  expect([...below(layers, "new-thing")]).toEqual([]);
});

test("a package whose place is settled keeps it, and no line of another is touched", () => {
  const layersOf = (files: readonly TextFile[]): string =>
    files.find(({ path }) => path === "tools/layers.json")?.text ?? "";
  const before = layersOf(present);
  expect(layersOf(newPackage(present, { ...request, name: "outbox" }))).toBe(before);
  expect(layersOf(added().own).startsWith(before.trimEnd().slice(0, -2))).toBe(true);
});

test.each([
  ["a name with capitals", { ...request, name: "NewThing" }],
  ["a name that leaves the folder", { ...request, name: "../thing" }],
  ["an empty name", { ...request, name: "" }],
  ["a name without end", { ...request, name: "a".repeat(41) }],
  ["a name that is taken", { ...request, name: "wire" }],
  ["a description of two lines", { ...request, description: "Things that are\nnew in Cotal" }],
  ["a description with a full stop", { ...request, description: "Things that are new." }],
  ["no description", { ...request, description: "" }],
])("%s is refused", (_, asked) => {
  expect(() => newPackage(present, asked)).toThrow();
});
