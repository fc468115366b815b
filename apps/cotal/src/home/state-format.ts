/** Of everything that cotal keeps on disk. A newer one is refused: what it means is not known here. */
export const stateFormat = 1;

/** How the state of one format becomes that of the next. */
export interface Migration {
  /** The format that it begins with; it leads to the one above. */
  readonly from: number;
  /** Changes the files of a mesh. Cut off and done again, it comes to the same. */
  readonly run: (folder: string) => Promise<void>;
}

export interface StateRules {
  readonly format: number;
  /** One for each older format, from the first that is still known. */
  readonly migrations: readonly Migration[];
}

/** Whoever raises the format adds the step that leads to it. */
export const stateRules: StateRules = { format: stateFormat, migrations: [] };
