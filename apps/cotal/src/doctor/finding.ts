import type { Check } from "../mesh/check.ts";

/** A check, and what puts it right where the doctor can. */
export interface Finding extends Check {
  /** Says what it did. */
  readonly fix?: (() => Promise<string>) | undefined;
}
