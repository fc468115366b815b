import ts from "typescript";
import { nodeRule } from "./syntax-rule.ts";

/** Classes extend errors and nothing else. */
export const inheritance = nodeRule({
  name: "inheritance",
  where: () => true,
  fault: (node) => {
    if (!ts.isHeritageClause(node) || node.token !== ts.SyntaxKind.ExtendsKeyword) return undefined;
    if (!ts.isClassLike(node.parent)) return undefined;
    const base = node.types[0]?.expression.getText() ?? "";
    return /(^|\.)(\w*Error)$/.test(base) ? undefined : `extends ${base}; only errors are extended`;
  },
});
