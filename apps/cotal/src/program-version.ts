import { readFileSync } from "node:fs";

/** The version of cotal, from the manifest that it is installed with. */
export function programVersion(): string {
  const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  return String(manifest.version);
}
