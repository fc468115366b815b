import { textRule } from "./text-rule.ts";

/** Nothing in the repository knows the folders of one machine. */
export const machinePaths = textRule({
  name: "machine-paths",
  where: (path) => path !== "LICENSE",
  pattern: /(?<![\w.*})\]-])(?:\/(?:root|work)(?=\/)|\/home\/\w|\/Users\/\w|[A-Z]:\\Users\\)/,
  message: "a path of one machine",
});
