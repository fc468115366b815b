/** Where a command is called, and with which variables. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where the caller stands; relative paths count from here. */
  readonly folder: string;
}
