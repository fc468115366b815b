import { readFileSync } from "node:fs";
import { register } from "node:module";
import { fileURLToPath } from "node:url";
import ts from "typescript";

/**
 * Runs sources as the published builds run: types are erased and nothing is added. The loader of development
 * names each function again whenever one is made, which a program that makes many for each message would pay for.
 */
export function load(url, context, next) {
  if (!url.startsWith("file:") || !url.endsWith(".ts")) return next(url, context);
  const compilerOptions = {
    module: ts.ModuleKind.ESNext,
    target: ts.ScriptTarget.ES2022,
    verbatimModuleSyntax: true,
  };
  const { outputText: source } = ts.transpileModule(readFileSync(fileURLToPath(url), "utf8"), {
    compilerOptions,
  });
  return { format: "module", source, shortCircuit: true };
}

const isMain = !new URL(import.meta.url).searchParams.has("hooks");
if (isMain) register(`${import.meta.url}?hooks`);
