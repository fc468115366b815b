import { textRule } from "./text-rule.ts";

/** The object that zod exports holds all of it, every language of its messages too: no bundler can leave any out. */
export const zodImports = textRule({
  name: "zod-imports",
  where: (path) => path.endsWith(".ts"),
  pattern: /^import (?:z|\{ z \}) from "zod"/,
  message: 'takes all of zod into a bundle; write import * as z from "zod"',
});
