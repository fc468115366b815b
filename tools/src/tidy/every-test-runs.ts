import ts from "typescript";
import { placeOf } from "../repo/place.ts";
import { memberOf } from "../syntax/names.ts";
import { nodeRule } from "./syntax-rule.ts";

const runners: ReadonlySet<string> = new Set(["test", "it", "describe", "suite", "context", "ctx"]);
const evasions: ReadonlySet<string> = new Set(["skip", "only", "todo", "skipIf", "runIf", "fails", "retry"]);

/** No test is skipped, singled out, expected to fail or tried again until it passes. */
export const everyTestRuns = nodeRule({
  name: "every-test-runs",
  where: (path) => placeOf(path) === "test" || placeOf(path) === "config",
  fault: (node) => {
    const access = memberOf(node);
    if (access && evasions.has(access.member) && runners.has(rootName(access.object))) {
      return `${access.member}: every test runs, once`;
    }
    return isEvadingOption(node) ? `${node.name.getText()}: every test runs, once` : undefined;
  },
});

/** The name that a chain such as `test.each(…).skip` starts with. */
function rootName(node: ts.Expression): string {
  if (ts.isIdentifier(node)) return node.text;
  if (ts.isCallExpression(node) || ts.isTaggedTemplateExpression(node)) {
    return rootName(ts.isCallExpression(node) ? node.expression : node.tag);
  }
  const access = memberOf(node);
  return access ? rootName(access.object) : "";
}

/** `{ skip: true }` or `{ retry: 2 }` where a test takes its options, or in the settings of the runner. */
function isEvadingOption(node: ts.Node): node is ts.PropertyAssignment {
  if (!ts.isPropertyAssignment(node) || !evasions.has(node.name.getText())) return false;
  const options = node.parent.parent;
  if (ts.isCallExpression(options)) return runners.has(rootName(options.expression));
  return placeOf(node.getSourceFile().fileName) === "config";
}
