/** What a TypeScript file is, judged by where it stands. */
export type Place = "library" | "app" | "support" | "test" | "config";

/** The place of a TypeScript file; undefined for every other file. */
export function placeOf(path: string): Place | undefined {
  if (!/\.[cm]?tsx?$/.test(path)) return undefined;
  if (/\.config\.[cm]?ts$/.test(path)) return "config";
  if (/(^|\/)test\/|\.test\.ts$/.test(path)) return "test";
  if (path.startsWith("packages/")) return "library";
  if (path.startsWith("apps/")) return "app";
  return "support";
}

/** True for everything that is neither a test nor the configuration of a tool. */
export function isSource(path: string): boolean {
  const place = placeOf(path);
  return place === "library" || place === "app" || place === "support";
}

/** True for what is published and runs in somebody else's process. */
export function isPublishedSource(path: string): boolean {
  const place = placeOf(path);
  return place === "library" || place === "app";
}
