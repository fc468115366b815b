import { isPublished, type Manifest, type WorkspacePackage } from "../repo/workspace.ts";

/** The order of fields; a field that is not named here has no place in a manifest. */
const fieldOrder = [
  "name",
  "version",
  "private",
  "description",
  "license",
  "type",
  "engines",
  "bin",
  "sideEffects",
  "exports",
  "publishConfig",
  "files",
  "scripts",
  "dependencies",
  "optionalDependencies",
  "peerDependencies",
  "devDependencies",
] as const;

/**
 * What the manifest of a package must be, given what it is: its own are its name, version, description, entry
 * points, scripts and dependencies; everything else follows. Names no repository, so that forks stay whole.
 */
export function houseManifest(one: WorkspacePackage): Manifest {
  const { manifest } = one;
  const strange = Object.keys(manifest).filter((field) => !fieldOrder.some((known) => known === field));
  if (strange.length > 0)
    throw new Error(`${one.folder}/package.json has the unknown field ${strange.join(", ")}`);
  const fields: Manifest = {
    ...manifest,
    license: "Apache-2.0",
    type: "module",
    engines: { node: ">=20.19" },
    ...(isPublished(one) ? publishedFields(one) : { version: "0.0.0", private: true }),
  };
  const inOrder = fieldOrder.flatMap((field) =>
    fields[field] === undefined ? [] : [[field, fields[field]]],
  );
  return Object.fromEntries(
    inOrder.map(([field, value]) => [field, sortedDependencies(String(field), value)]),
  );
}

/** Tests and tools of this repository find the source of a package under this condition. */
export const sourceCondition = "cotal-source";

type EntryPoints = Readonly<Record<string, unknown>>;

function publishedFields({ folder, manifest }: WorkspacePackage): Partial<Manifest> {
  const isLibrary = folder.startsWith("packages/");
  const given = manifest.exports ?? (isLibrary ? { ".": "./src/index.ts" } : undefined);
  const shown = given && Object.entries(given).map(([name, target]) => [name, entryPoint(target)] as const);
  const data = Object.values(given ?? {}).flatMap((target) => dataFolder(target));
  return {
    ...(isLibrary ? { sideEffects: false } : {}),
    ...(shown ? { exports: Object.fromEntries(shown) } : {}),
    publishConfig: {
      access: "public",
      ...(shown
        ? { exports: Object.fromEntries(shown.map(([name, entry]) => [name, withoutSource(entry)])) }
        : {}),
    },
    files: [...new Set(["dist", ...data])],
  };
}

/** Code gets its three conditions from the path of its source; a data file stays what it is. */
function entryPoint(target: unknown): string | EntryPoints {
  const source = sourceOf(target);
  if (source === undefined) return String(target);
  const built = source.replace(/^\.\/src\//, "./dist/").replace(/\.ts$/, "");
  return { [sourceCondition]: source, types: `${built}.d.ts`, default: `${built}.js` };
}

function sourceOf(target: unknown): string | undefined {
  const path = typeof target === "string" ? target : (target as EntryPoints)[sourceCondition];
  if (typeof path !== "string")
    throw new Error(`an entry point without "${sourceCondition}": ${JSON.stringify(target)}`);
  return /^\.\/src\/.*\.ts$/.test(path) ? path : undefined;
}

function dataFolder(target: unknown): string[] {
  return sourceOf(target) === undefined ? [String(target).split("/")[1] ?? ""] : [];
}

function withoutSource(entry: string | EntryPoints): string | EntryPoints {
  if (typeof entry === "string") return entry;
  return Object.fromEntries(Object.entries(entry).filter(([condition]) => condition !== sourceCondition));
}

function sortedDependencies(field: string, value: unknown): unknown {
  if (!field.toLowerCase().endsWith("dependencies")) return value;
  return Object.fromEntries(Object.entries(value as object).sort(([a], [b]) => (a < b ? -1 : 1)));
}
