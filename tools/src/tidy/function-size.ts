import ts from "typescript";
import { isSource } from "../repo/place.ts";
import { linesOf } from "../syntax/source.ts";
import { nodeRule } from "./syntax-rule.ts";

const maxLines = 70;

/** A function fits a screen. */
export const functionSize = nodeRule({
  name: "function-size",
  where: isSource,
  fault: (node) => {
    if (!ts.isFunctionLike(node) || linesOf(node) <= maxLines) return undefined;
    return `a function of ${linesOf(node)} lines; at most ${maxLines}`;
  },
});
