import { CotalError } from "@cotal/subjects";
import { type Credential, parseCredential } from "@cotal/wire";
import { readJwt } from "./jwt.ts";
import type { Minted } from "./mint.ts";
import { readSecretFile, unusable, writeSecretFile } from "./secret-file.ts";

/** Replaces a credential file; whoever reads it gets the old credential or the new one. */
export function saveCredential(path: string, { creds }: Pick<Minted, "creds">): Promise<void> {
  return writeSecretFile(path, creds.reveal());
}

/** Reads a credential whose token is whole and belongs to its seed. Whether it has expired is not asked. */
export async function loadCredential(path: string): Promise<Credential> {
  const text = await readSecretFile(path);
  if (text === undefined) {
    throw new CotalError("bad-credential", "there is no credential file at that place", {
      hint: "check the path, or have a credential minted",
      data: { path },
    });
  }
  try {
    const credential = parseCredential(text);
    readJwt("user", credential.jwt);
    return credential;
  } catch (cause) {
    throw unusable(path, "it does not hold one whole credential", cause);
  }
}
