import { CotalError } from "../src/index.ts";

/** The coded error that `action` ends with; anything else that happens is passed on or reported. */
export function refusalOf(action: () => unknown): CotalError {
  try {
    action();
  } catch (error) {
    if (error instanceof CotalError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}
