import ts from "typescript";
import { placeOf } from "../repo/place.ts";
import type { TextFile } from "../repo/text-file.ts";
import { lineOf, nodesOf, syntaxOf } from "../syntax/source.ts";

/** One id that a test cites; no id where the argument is not written out. */
export interface Citation {
  readonly id: string | undefined;
  readonly path: string;
  readonly line: number;
}

/** The arguments of all `verifies("…")` calls in tests. */
export function citationsIn(files: readonly TextFile[]): Citation[] {
  return files
    .filter(({ path }) => placeOf(path) === "test")
    .flatMap((file) =>
      [...nodesOf(syntaxOf(file))].filter(isCitation).flatMap((call) =>
        call.arguments.map((argument) => ({
          id: ts.isStringLiteralLike(argument) ? argument.text : undefined,
          path: file.path,
          line: lineOf(call),
        })),
      ),
    );
}

function isCitation(node: ts.Node): node is ts.CallExpression {
  return ts.isCallExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === "verifies";
}
