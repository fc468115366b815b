import type { Layers } from "../repo/layers.ts";
import type { TextFile } from "../repo/text-file.ts";
import type { Manifest } from "../repo/workspace.ts";

/** One breach of one rule; `line` counts from 1. */
export interface Finding {
  readonly path: string;
  readonly line?: number;
  readonly message: string;
}

/** What the rules judge: the text of the repository and what it has installed. */
export interface Repo {
  readonly files: readonly TextFile[];
  readonly layers: Layers;
  readonly installed: Installed;
}

/** An installed package as seen from a folder; undefined when it is not there. */
export type Installed = (
  folder: string,
  name: string,
) => { readonly folder: string; readonly manifest: Manifest } | undefined;

/** A rule of the house: a pure function from the repository to its breaches. */
export interface Rule {
  readonly name: string;
  readonly findings: (repo: Repo) => Finding[];
}
