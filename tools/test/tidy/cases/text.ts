import { type Cases, library } from "./cases.ts";

/** Put together here, so that this file passes the rules it tests. */
const folder = (...names: string[]) => ["", ...names, ""].join("/");
const host = (...labels: string[]) => labels.join(".");

export const text: Readonly<Record<string, Cases>> = {
  "machine-paths": {
    bad: {
      "the folder of a superuser": library(`const a = "${folder("root", "a")}";`),
      "the home of a user": { "README.md": `see ${folder("home", "ann")}` },
      "a home on a Mac": { "docs/a.md": `(${folder("Users", "ann")})` },
      "a home on Windows": { "docs/a.md": ["C:", "Users", "ann"].join("\\") },
      "a working folder": { ".ci/run": `cd ${folder("work", "a")}` },
      "a file address": { "docs/a.md": `file://${folder("home", "ann")}` },
    },
    good: {
      "the licence": { LICENSE: folder("home", "ann") },
      "a relative folder": { "README.md": "packages/work/a and ../root/a and ./home/a" },
      "an address": { "README.md": "https://example.com/home/a" },
    },
  },
  "registry-hosts": {
    bad: {
      "the usual host": { "README.md": `https://${host("registry", "npmjs", "org")}` },
      "a setting": { ".npmrc": ["registry", "https://example.com"].join("=") },
      "a tarball in the lockfile": {
        "pnpm-lock.yaml": ["    tarball:", "https://example.com/a.tgz"].join(" "),
      },
    },
    good: {
      "code that speaks of registries": library("registry.members.get(1);"),
      "a lockfile of hashes": { "pnpm-lock.yaml": "resolution: {integrity: sha512-AAAA}" },
    },
  },
  "zod-imports": {
    bad: {
      "the object of everything": library('import { z } from "zod";'),
      "the same as the default": library('import z from "zod";'),
    },
    good: {
      "the names of the module": library('import * as z from "zod";'),
    },
  },
  "banned-words": {
    bad: {
      "a plan": library(`// ${"TO"}DO: later`),
      "a plan at the end of a block": library(`function f() {\n  g();\n  /* ${"FIX"}ME */\n}`),
      "an excuse in a contract": library("/** Good enough for now. */\nexport const a = 1;"),
      "a confession": library("f(); // a hack"),
      "one behind a template": library(`const a = \`\${b}\`; // for now`),
    },
    good: {
      "text that is no comment": library(
        `const a = "${"TO"}DO"; const b = \`for now // hack \${a} // hack\`;`,
      ),
      "a longer word": library("// hackathons and shacks"),
      prose: { "docs/a.md": "for now" },
    },
  },
};
