import { isMemberUse } from "../syntax/names.ts";
import { nodeRule } from "./syntax-rule.ts";

const exits: ReadonlySet<string> = new Set(["exit", "reallyExit", "abort"]);

/** Only a program's own entry ends the process. */
export const exitsOnlyInBin = nodeRule({
  name: "exits",
  where: (path) => !/(^|\/)bin\.ts$/.test(path),
  fault: (node) => (isMemberUse(node, "process", exits) ? "ends the process outside a bin.ts" : undefined),
});
