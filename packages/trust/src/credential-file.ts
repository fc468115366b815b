import type { Minted } from "./mint.ts";
import { writeSecretFile } from "./secret-file.ts";

/** Replaces a credential file; whoever reads it gets the old credential or the new one. */
export function saveCredential(path: string, { creds }: Pick<Minted, "creds">): Promise<void> {
  return writeSecretFile(path, creds.reveal());
}
