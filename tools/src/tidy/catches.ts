import ts from "typescript";
import { nodeRule } from "./syntax-rule.ts";

/** A catch handles, maps or rethrows. One that lets a failure pass gives a value for it or tells somebody. */
export const catches = nodeRule({
  name: "catches",
  where: () => true,
  fault: (node) => {
    if (ts.isCatchClause(node) && node.block.statements.length === 0) return "an empty catch";
    const handler = handlerOf(node);
    return handler && doesNothing(handler) ? "a handler that drops the error without a reason" : undefined;
  },
});

/** What `.catch(…)` or the second argument of `.then(…, …)` is given. */
function handlerOf(node: ts.Node): ts.Expression | undefined {
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return undefined;
  const method = node.expression.name.text;
  if (method === "catch") return node.arguments[0];
  return method === "then" ? node.arguments[1] : undefined;
}

function doesNothing(handler: ts.Expression): boolean {
  if (!ts.isArrowFunction(handler) && !ts.isFunctionExpression(handler)) return false;
  const { body } = handler;
  if (!ts.isBlock(body)) return isNothing(body);
  return body.statements.every(
    (statement) =>
      ts.isReturnStatement(statement) && (!statement.expression || isNothing(statement.expression)),
  );
}

function isNothing(value: ts.Expression): boolean {
  if (ts.isParenthesizedExpression(value)) return isNothing(value.expression);
  if (ts.isVoidExpression(value)) return ts.isLiteralExpression(value.expression);
  if (ts.isIdentifier(value)) return value.text === "undefined";
  return value.kind === ts.SyntaxKind.NullKeyword;
}
