import { describe, expect, test } from "vitest";
import { violations } from "../../src/dependencies/violations.ts";
import { manifest, type Tree } from "../repo-of.ts";
import { scratchTree } from "../scratch-tree.ts";

const layers = { low: [], high: ["low"] };

const houseExports = { exports: { ".": { "cotal-source": "./src/index.ts", default: "./dist/index.js" } } };

const whole: Tree = {
  "package.json": manifest("root"),
  "packages/low/package.json": manifest("@cotal/low", houseExports),
  "packages/low/src/index.ts": `export { a } from "./a.ts";`,
  "packages/low/src/a.ts": "export const a = 1;",
  "packages/high/package.json": manifest("@cotal/high", {
    ...houseExports,
    dependencies: { "@cotal/low": "workspace:*", outside: "1" },
    devDependencies: { "@cotal/harness": "workspace:*", tool: "1" },
  }),
  "packages/high/src/index.ts": `export { a } from "@cotal/low";\nexport { o } from "outside";`,
  "packages/high/test/a.test.ts": `import "@cotal/harness";\nimport "tool";\nimport "../src/index.ts";`,
  "e2e/harness/package.json": manifest("@cotal/harness", { exports: { ".": "./src/index.ts" } }),
  "e2e/harness/src/index.ts": "export const h = 1;",
  "node_modules/.pnpm/outside@1.0.0/node_modules/outside/package.json": manifest("outside", {
    version: "1.0.0",
    main: "index.js",
  }),
  "node_modules/.pnpm/outside@1.0.0/node_modules/outside/index.js": "exports.o = 1;",
  "node_modules/.pnpm/tool@1.0.0/node_modules/tool/package.json": manifest("tool", {
    version: "1.0.0",
    main: "index.js",
  }),
  "node_modules/.pnpm/tool@1.0.0/node_modules/tool/index.js": "exports.t = 1;",
};

const links = {
  "packages/high/node_modules/@cotal/low": "packages/low",
  "packages/high/node_modules/@cotal/harness": "e2e/harness",
  "packages/high/node_modules/outside": "node_modules/.pnpm/outside@1.0.0/node_modules/outside",
  "packages/high/node_modules/tool": "node_modules/.pnpm/tool@1.0.0/node_modules/tool",
  "packages/low/node_modules/@cotal/high": "packages/high",
  "packages/low/node_modules/outside": "node_modules/.pnpm/outside@1.0.0/node_modules/outside",
};

const broken = async (changes: Tree) => {
  const found = await violations(scratchTree({ ...whole, ...changes }, links), layers);
  return found.map((line) => line.split(":")[0]);
};

test("a workspace in the house form has no violation", async () => {
  expect(await broken({})).toEqual([]);
});

describe("a violation is", () => {
  test("a circle between files, also one of types alone", async () => {
    const found = await broken({
      "packages/low/src/a.ts": `import type { B } from "./b.ts";\nexport const a: B | number = 1;`,
      "packages/low/src/b.ts": `import { a } from "./a.ts";\nexport type B = typeof a;`,
    });
    expect(found).toContain("no-circle");
  });

  test("a file that imports nothing and that nobody imports", async () => {
    expect(await broken({ "packages/low/src/lost.ts": "export const b = 1;" })).toEqual(["no-orphan"]);
  });

  test("an import of a file that is not there", async () => {
    expect(await broken({ "packages/low/src/a.ts": `export { a } from "./gone.ts";` })).toContain(
      "no-missing-file",
    );
  });

  test("an import of a package that the manifest does not list", async () => {
    const found = await broken({ "packages/low/src/a.ts": `export { o as a } from "outside";` });
    expect(found).toEqual(["no-unlisted-package"]);
  });

  test("an import of a development dependency by what is published", async () => {
    const found = await broken({ "packages/high/src/index.ts": `export { t } from "tool";` });
    expect(found).toEqual(["no-development-package"]);
  });

  test("an import of private code by what is published", async () => {
    const found = await broken({ "packages/high/src/index.ts": `export { h } from "@cotal/harness";` });
    expect(found).toContain("no-private-code");
  });

  test("an import of a test by what is published", async () => {
    const found = await broken({
      "packages/low/test/support.ts": "export const a = 1;",
      "packages/low/src/a.ts": `export { a } from "../test/support.ts";`,
    });
    expect(found).toEqual(["no-private-code"]);
  });

  test("a path into another package", async () => {
    const found = await broken({ "packages/high/src/index.ts": `export { a } from "../../low/src/a.ts";` });
    expect(found).toEqual(["no-reaching-across"]);
  });

  test("an import from a layer above", async () => {
    const found = await broken({
      "packages/low/package.json": manifest("@cotal/low", {
        ...houseExports,
        dependencies: { "@cotal/high": "workspace:*" },
      }),
      "packages/low/src/a.ts": `export { a } from "@cotal/high";`,
      "packages/high/src/index.ts": "export const a = 1;",
    });
    expect(found).toEqual(["layer-low"]);
  });
});

test("a violation names the files", async () => {
  const folder = scratchTree({ ...whole, "packages/low/src/lost.ts": "export const b = 1;" }, links);
  expect(await violations(folder, layers)).toEqual(["no-orphan: packages/low/src/lost.ts"]);
});

test("a folder without any file is a fault and not a success", async () => {
  await expect(violations(scratchTree({ "packages/low/package.json": "{}" }), layers)).rejects.toThrow(
    "no file",
  );
});
