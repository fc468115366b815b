import ts from "typescript";
import { placeOf } from "../repo/place.ts";
import { nodeRule } from "./syntax-rule.ts";

/** What is exported has one name everywhere. Tools want default exports from their configuration. */
export const defaultExports = nodeRule({
  name: "default-exports",
  where: (path) => placeOf(path) !== "config",
  fault: (node) => (isDefaultExport(node) ? "a default export; give it a name" : undefined),
});

function isDefaultExport(node: ts.Node): boolean {
  if (ts.isExportAssignment(node)) return true;
  if (ts.isExportSpecifier(node)) return node.name.text === "default";
  return node.kind === ts.SyntaxKind.DefaultKeyword && ts.canHaveModifiers(node.parent);
}
