import ts from "typescript";
import { isSource } from "../repo/place.ts";
import { linesOf } from "../syntax/source.ts";
import { nodeRule } from "./syntax-rule.ts";

const maxLines = 250;

export const classSize = nodeRule({
  name: "class-size",
  where: isSource,
  fault: (node) => {
    if (!ts.isClassLike(node) || linesOf(node) <= maxLines) return undefined;
    return `a class of ${linesOf(node)} lines; at most ${maxLines}`;
  },
});
