import { manifest, type Tree } from "../../repo-of.ts";
import { type Cases, library } from "./cases.ts";

const packages: Tree = {
  "packages/low/package.json": manifest("@cotal/low"),
  "packages/middle/package.json": manifest("@cotal/middle"),
  "packages/side/package.json": manifest("@cotal/side"),
  "packages/high/package.json": manifest("@cotal/high"),
  "e2e/harness/package.json": manifest("@cotal/harness", { private: true }),
};

const dependsOn = (name: string, kind = "dependencies") => ({ [kind]: { [name]: "workspace:*" } });

const needing = (node: string): Tree => ({
  "packages/low/package.json": manifest("@cotal/low", dependsOn("fine")),
  "packages/low/node_modules/fine/package.json": manifest("fine", dependsOn("deep")),
  "packages/low/node_modules/fine/node_modules/deep/package.json": manifest("deep", { engines: { node } }),
});

const pure = (text: string): Tree => ({ "packages/subjects/src/a.ts": text });

export const structure: Readonly<Record<string, Cases>> = {
  layering: {
    bad: {
      "a dependency on what stands above": {
        ...packages,
        "packages/middle/package.json": manifest("@cotal/middle", dependsOn("@cotal/high")),
      },
      "an optional dependency on what stands beside": {
        ...packages,
        "packages/middle/package.json": manifest(
          "@cotal/middle",
          dependsOn("@cotal/side", "optionalDependencies"),
        ),
      },
      "an import of what stands above": {
        ...packages,
        "packages/middle/src/a.ts": `import "@cotal/high/testing";`,
      },
      "an import of a type from above": {
        ...packages,
        "packages/middle/src/a.ts": `export type A = import("@cotal/high").A;`,
      },
      "an import of private code": {
        ...packages,
        "packages/middle/src/a.ts": `await import("@cotal/harness");`,
      },
      "a library that imports an app": {
        ...packages,
        "apps/cotal/package.json": manifest("cotal"),
        "packages/high/src/a.ts": `export * from "cotal";`,
      },
      "an import of what is listed for development only": {
        ...packages,
        "packages/middle/package.json": manifest("@cotal/middle", dependsOn("@cotal/low", "devDependencies")),
        "packages/middle/src/a.ts": `import "@cotal/low";`,
      },
      "a package without a place": { "packages/lost/package.json": manifest("@cotal/lost") },
    },
    good: {
      "a dependency on what stands far below": {
        ...packages,
        "packages/high/package.json": manifest("@cotal/high", dependsOn("@cotal/low")),
        "packages/high/src/a.ts": `import "@cotal/low";`,
      },
      "a test that uses private code": {
        ...packages,
        "packages/low/test/a.test.ts": `import "@cotal/harness";`,
      },
      "an app that uses every layer": {
        ...packages,
        "apps/cotal/package.json": manifest("cotal", dependsOn("@cotal/side")),
        "apps/cotal/src/a.ts": `import "@cotal/side";`,
      },
      "private code that uses every layer": { ...packages, "e2e/harness/src/a.ts": `import "@cotal/high";` },
    },
  },
  purity: {
    bad: {
      "a module of Node": pure(`import "node:fs";`),
      "a type of Node": pure(`import type { A } from "node:fs";`),
      "another package": pure(`export * from "zod";`),
      "a dependency": { "packages/subjects/package.json": manifest("@cotal/subjects", dependsOn("zod")) },
    },
    good: {
      "its own files": pure(`import "./b.ts";`),
      "what tests need": {
        "packages/subjects/package.json": manifest(
          "@cotal/subjects",
          dependsOn("fast-check", "devDependencies"),
        ),
        "packages/subjects/test/a.test.ts": `import "node:fs";`,
      },
      "a module of Node elsewhere": library(`import "node:fs";`),
    },
  },
  engines: {
    bad: {
      "a dependency of a dependency that needs Node 22": needing(">=22"),
      "one that begins above the oldest Node": needing("^20.20 || >=22"),
      "one that is not installed": { "packages/low/package.json": manifest("@cotal/low", dependsOn("fine")) },
    },
    good: {
      "one that admits the oldest Node": needing("^20.19.0 || >=22.12.0"),
      "one that says nothing": {
        ...needing("*"),
        "packages/low/node_modules/fine/node_modules/deep/package.json": manifest("deep"),
      },
      "an optional dependency": {
        "packages/low/package.json": manifest("@cotal/low", dependsOn("fine", "optionalDependencies")),
      },
      "a private package": {
        "tools/package.json": manifest("@cotal/tools", { private: true, ...dependsOn("absent") }),
      },
    },
  },
  inheritance: {
    bad: {
      "a class of one's own": library("class A {}\nclass B extends A {}"),
      "a class that is computed": library("const b = class extends mixin(Error) {};"),
    },
    good: {
      "an error": library("class A extends Error {}\nclass B extends RangeError {}"),
      "an interface": library("interface A {}\ninterface B extends A {}\nclass C implements A {}"),
    },
  },
  "default-exports": {
    bad: {
      "a value": library("export default 1;"),
      "a function": library("export default function f() {}"),
      "a class": library("export default class {}"),
      "a renamed export": library("const a = 1;\nexport { a as default };"),
    },
    good: {
      "configuration of a tool": { "vitest.config.ts": "export default {};" },
      "a switch with a default": library("export function f(a: 1) { switch (a) { default: return 1; } }"),
      "somebody else's default": library(`import a from "a";\nexport const b = a;`),
    },
  },
};
