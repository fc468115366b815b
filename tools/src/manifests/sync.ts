import type { TextFile } from "../repo/text-file.ts";
import { isPublished, packagesOf } from "../repo/workspace.ts";
import { buildConfig, packageConfig } from "./build-config.ts";
import { houseManifest } from "./house-manifest.ts";

/**
 * The files of the workspace that are not what they must be, with what they must be. Only content counts, the
 * order of keys included; layout is the formatter's business.
 */
export function unsynced(files: readonly TextFile[]): TextFile[] {
  const packages = packagesOf(files);
  const required = [
    { path: "tsconfig.build.json", value: buildConfig(packages) },
    ...packages.map((one) => ({ path: `${one.folder}/package.json`, value: houseManifest(one) })),
    ...packages
      .filter(isPublished)
      .map((one) => ({ path: `${one.folder}/tsconfig.json`, value: packageConfig(one, packages) })),
  ];
  const present = new Map(files.map(({ path, text }) => [path, text]));
  return required
    .filter(({ path, value }) => !isSame(present.get(path), value))
    .map(({ path, value }) => ({ path, text: `${JSON.stringify(value, null, 2)}\n` }));
}

function isSame(text: string | undefined, value: unknown): boolean {
  return text !== undefined && JSON.stringify(JSON.parse(text)) === JSON.stringify(value);
}
