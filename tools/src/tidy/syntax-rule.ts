import type ts from "typescript";
import { placeOf } from "../repo/place.ts";
import { lineOf, nodesOf, syntaxOf } from "../syntax/source.ts";
import type { Rule } from "./rule.ts";

/** A rule about single nodes: `where` picks the files, `fault` says what is wrong with a node, if anything. */
export interface NodeRule {
  readonly name: string;
  readonly where: (path: string) => boolean;
  readonly fault: (node: ts.Node) => string | undefined;
}

export function nodeRule({ name, where, fault }: NodeRule): Rule {
  return {
    name,
    findings: ({ files }) =>
      files
        .filter(({ path }) => placeOf(path) !== undefined && where(path))
        .flatMap((file) =>
          [...nodesOf(syntaxOf(file))].flatMap((node) => {
            const message = fault(node);
            return message === undefined ? [] : [{ path: file.path, line: lineOf(node), message }];
          }),
        ),
  };
}
