import { CotalError } from "@cotal/subjects";
import { expectNoSecret } from "./no-secret.ts";

/** The coded error that `action` ends with, after looking for secrets in it; anything else that happens is passed on or reported. */
export function refusalOf(action: () => unknown): CotalError {
  try {
    action();
  } catch (error) {
    if (error instanceof CotalError) {
      expectNoSecret(error);
      return error;
    }
    throw error;
  }
  throw new Error("nothing was refused");
}
