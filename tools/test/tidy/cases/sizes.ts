import { type Cases, library, lines, testFile } from "./cases.ts";

const short = { "packages/low/src/b.ts": "", "packages/low/src/c.ts": "" };

export const sizes: Readonly<Record<string, Cases>> = {
  "file-size": {
    bad: {
      "a file of 401 lines": { ...short, ...library(lines(401)) },
      "a test of 401 lines": testFile(lines(401)),
      "a median of 91 lines": library(lines(91)),
    },
    good: {
      "a file of 400 lines among short ones": { ...short, ...library(lines(400)) },
      "a median of 90 lines": library(lines(90)),
      "a long file that is no code": { "docs/a.md": lines(401) },
      "long tests among short sources": { ...short, ...testFile(lines(400)) },
    },
  },
  "function-size": {
    bad: {
      "a function of 71 lines": library(`function f() {\n${lines(69, "g();")}}`),
      "an arrow function of 71 lines": library(`const f = () => {\n${lines(69, "g();")}};`),
      "a method of 71 lines": library(`class A {\nf() {\n${lines(69, "g();")}}\n}`),
    },
    good: {
      "a function of 70 lines": library(`function f() {\n${lines(68, "g();")}}`),
      "a long group of tests": testFile(`describe("a", () => {\n${lines(100, "g();")}});`),
      "a long table": library(`const a = [\n${lines(100, "1,")}];`),
    },
  },
  "class-size": {
    bad: { "a class of 251 lines": library(`class A {\n${lines(249, "f() {}")}}`) },
    good: { "a class of 250 lines": library(`class A {\n${lines(248, "f() {}")}}`) },
  },
};
