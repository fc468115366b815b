import { describe, expect, test } from "vitest";
import { unsynced } from "../../src/manifests/sync.ts";
import type { TextFile } from "../../src/repo/text-file.ts";
import { filesOf, manifest, type Tree } from "../repo-of.ts";

const tree: Tree = {
  "packages/wire/package.json": manifest("@cotal/wire", {
    version: "1.2.3",
    description: "Records",
    exports: { ".": "./src/index.ts", "./testing": "./src/fake.ts", "./schema/*.json": "./schema/*.json" },
    devDependencies: { zebra: "1", ant: "1" },
  }),
  "packages/subjects/package.json": manifest("@cotal/subjects"),
  "packages/session/package.json": manifest("@cotal/session", {
    dependencies: { "@cotal/wire": "workspace:*", zod: "1" },
    devDependencies: { "@cotal/subjects": "workspace:*" },
  }),
  "tools/package.json": manifest("@cotal/tools", { private: true }),
};

/** What the files are once `sync` has written; a second run must find nothing. */
function synced(start: Tree): Map<string, unknown> {
  const files = new Map(filesOf(start).map((file) => [file.path, file]));
  for (const file of unsynced([...files.values()])) files.set(file.path, file);
  expect(unsynced([...files.values()])).toEqual([]);
  return new Map([...files].map(([path, { text }]) => [path, JSON.parse(text)]));
}

describe("sync", () => {
  test("gives a published package one form", () => {
    const wire = synced(tree).get("packages/wire/package.json");
    expect(JSON.stringify(wire, null, 1)).toMatchInlineSnapshot(`
      "{
       "name": "@cotal/wire",
       "version": "1.2.3",
       "description": "Records",
       "license": "Apache-2.0",
       "type": "module",
       "engines": {
        "node": ">=20.19"
       },
       "sideEffects": false,
       "exports": {
        ".": {
         "cotal-source": "./src/index.ts",
         "types": "./dist/index.d.ts",
         "default": "./dist/index.js"
        },
        "./testing": {
         "cotal-source": "./src/fake.ts",
         "types": "./dist/fake.d.ts",
         "default": "./dist/fake.js"
        },
        "./schema/*.json": "./schema/*.json"
       },
       "publishConfig": {
        "access": "public",
        "exports": {
         ".": {
          "types": "./dist/index.d.ts",
          "default": "./dist/index.js"
         },
         "./testing": {
          "types": "./dist/fake.d.ts",
          "default": "./dist/fake.js"
         },
         "./schema/*.json": "./schema/*.json"
        }
       },
       "files": [
        "dist",
        "schema"
       ],
       "devDependencies": {
        "ant": "1",
        "zebra": "1"
       }
      }"
    `);
  });

  test("makes a private package private and leaves it without anything to publish", () => {
    expect(synced(tree).get("tools/package.json")).toEqual({
      name: "@cotal/tools",
      version: "0.0.0",
      private: true,
      license: "Apache-2.0",
      type: "module",
      engines: { node: ">=20.19" },
    });
  });

  test("builds a package after the workspace packages it needs at run time", () => {
    expect(synced(tree).get("packages/session/tsconfig.json")).toMatchObject({
      references: [{ path: "../wire" }],
    });
  });

  test("keeps the types of Node from a pure package", () => {
    expect(synced(tree).get("packages/subjects/tsconfig.json")).toMatchObject({
      compilerOptions: { types: [] },
    });
  });

  test("lists every published package in the build and no private one", () => {
    expect(synced(tree).get("tsconfig.build.json")).toEqual({
      files: [],
      references: [{ path: "packages/session" }, { path: "packages/subjects" }, { path: "packages/wire" }],
    });
  });

  test("does not mind the layout of a file", () => {
    const written = [...synced(tree)].map(
      ([path, value]): TextFile => ({ path, text: JSON.stringify(value, null, 7) }),
    );
    expect(unsynced(written)).toEqual([]);
  });

  test.each([
    ["a licence of its own", { license: "MIT" }],
    ["an engine of its own", { engines: { node: ">=18" } }],
    [
      "the private condition published",
      { publishConfig: { access: "public", exports: { ".": "./src/index.ts" } } },
    ],
    ["other files", { files: ["src"] }],
  ])("finds %s", (_, fields) => {
    const [[path = "", value] = []] = [...synced(tree)].filter(([each]) => each.includes("wire/package"));
    const changed = { path, text: JSON.stringify({ ...(value as object), ...fields }) };
    expect(unsynced([changed]).map((file) => file.path)).toContain(path);
  });

  test.each([
    ["a field that has no place", { repository: "https://example.com" }, "unknown field repository"],
    [
      "an entry point without source",
      { exports: { ".": { default: "./dist/a.js" } } },
      'without "cotal-source"',
    ],
  ])("refuses %s", (_, fields, message) => {
    expect(() => unsynced(filesOf({ "packages/a/package.json": manifest("@cotal/a", fields) }))).toThrow(
      message,
    );
  });
});
