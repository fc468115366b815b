import type { TextFile } from "./text-file.ts";

type Named = Readonly<Record<string, string>>;

/** The fields of a package.json that the tools look at; the others pass through untouched. */
export interface Manifest {
  readonly name: string;
  readonly version?: string;
  readonly description?: string;
  readonly private?: boolean;
  readonly engines?: Named;
  readonly bin?: Named;
  readonly exports?: Readonly<Record<string, unknown>>;
  readonly dependencies?: Named;
  readonly optionalDependencies?: Named;
  readonly peerDependencies?: Named;
  readonly devDependencies?: Named;
  readonly [field: string]: unknown;
}

/** One package of the workspace; `folder` is relative to the root, `packages/wire`. */
export interface WorkspacePackage {
  readonly folder: string;
  readonly manifest: Manifest;
}

/** Where packages may stand: the globs of pnpm-workspace.yaml. */
const manifestPath = /^((?:packages|apps|e2e)\/[^/]+|bench|tools)\/package\.json$/;

/** The packages in the order of their folders, whatever the order of the files. */
export function packagesOf(files: readonly TextFile[]): WorkspacePackage[] {
  return files
    .flatMap(({ path, text }) => {
      const folder = manifestPath.exec(path)?.[1];
      return folder === undefined ? [] : [{ folder, manifest: readManifest(path, text) }];
    })
    .sort((a, b) => (a.folder < b.folder ? -1 : 1));
}

/** Published on its own: everything that is not private. */
export function isPublished({ manifest }: WorkspacePackage): boolean {
  return manifest.private !== true;
}

/** A command that is published as one bundle, and offers no code to others. */
export function isProgram({ manifest }: WorkspacePackage): boolean {
  return manifest.bin !== undefined;
}

/** What is installed together with a package, by name. */
export function runtimeDependencies({ manifest }: WorkspacePackage): string[] {
  return Object.keys({
    ...manifest.dependencies,
    ...manifest.optionalDependencies,
    ...manifest.peerDependencies,
  });
}

function readManifest(path: string, text: string): Manifest {
  const value: unknown = JSON.parse(text);
  if (typeof value === "object" && value !== null && "name" in value && typeof value.name === "string") {
    return value as Manifest;
  }
  throw new Error(`${path} is not a manifest with a name`);
}
