import { placeOf } from "../repo/place.ts";
import { importedModule, isFreeName, isMemberUse } from "../syntax/names.ts";
import { nodeRule } from "./syntax-rule.ts";

const fields: ReadonlySet<string> = new Set(["env", "stdout", "stderr", "stdin"]);
const modules: ReadonlySet<string> = new Set(["process", "node:process", "console", "node:console"]);

/** A library neither reads the environment nor prints; it takes options and a log port. */
export const ambient = nodeRule({
  name: "ambient",
  where: (path) => placeOf(path) === "library",
  fault: (node) => {
    const module = importedModule(node);
    if (module !== undefined && modules.has(module)) return `a library imports ${module}`;
    if (isFreeName(node) && node.text === "console") return "a library prints; take a log port";
    return isMemberUse(node, "process", fields)
      ? "a library uses the environment; take an option"
      : undefined;
  },
});
