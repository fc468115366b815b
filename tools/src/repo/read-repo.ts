import type { Repo } from "../tidy/rule.ts";
import { installedIn } from "./installed.ts";
import { readLayers } from "./layers.ts";
import { readFiles } from "./text-file.ts";

export function readRepo(root: string): Repo {
  return { files: readFiles(root), layers: readLayers(), installed: installedIn(root) };
}
