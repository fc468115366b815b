import { existsSync, readFileSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Installed } from "../tidy/rule.ts";
import type { Manifest } from "./workspace.ts";

/** Looks packages up as Node does: in each `node_modules` from a folder upwards. */
export function installedIn(root: string): Installed {
  return (folder, name) => {
    for (let from = join(root, folder); ; from = dirname(from)) {
      const candidate = join(from, "node_modules", name);
      if (existsSync(join(candidate, "package.json"))) {
        const text = readFileSync(join(candidate, "package.json"), "utf8");
        const found = realpathSync(candidate);
        return { folder: found.slice(root.length), manifest: JSON.parse(text) as Manifest };
      }
      if (from === dirname(from)) return undefined;
    }
  };
}
