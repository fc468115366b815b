import type { Stats } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { basename } from "node:path";
import { CotalError, type ErrorDetails, quoted } from "@cotal/subjects";
import { parseCredential, type Credential as UserCredential } from "@cotal/wire";
import type { CredentialSource } from "./dial.ts";
import { credentialOf } from "./user-credential.ts";

/**
 * A credential file, read anew each time: whoever replaces it renews the credential of every process that uses it.
 * A file that is missing or torn fails that reading alone. It stays the file of one user: the connection's
 * subjects carry the id of the first that was read, so that another's credential is refused.
 */
export function credentialFile(path: string): CredentialSource {
  let id: string | undefined;
  return async () => {
    const user = await readCredentialFile(path);
    id ??= user.id;
    if (user.id !== id)
      throw unusable(path, "it now belongs to another user", { hint: "start anew to be that user" });
    return credentialOf(user);
  };
}

/** The credential in a file that nobody else may open. No error of it holds any of the text. */
export async function readCredentialFile(path: string): Promise<UserCredential> {
  const text = await textOf(path);
  try {
    return parseCredential(text);
  } catch (cause) {
    throw unusable(path, "it does not hold one whole credential", { hint: mintAgain, cause });
  }
}

const maxBytes = 128 * 1024;
const othersMayOpen = 0o077;
const mintAgain = "check the path, or have the credential minted again";

async function textOf(path: string): Promise<string> {
  try {
    const facts = await stat(path);
    refuseUnfit(path, facts);
    return await readFile(path, "utf8");
  } catch (cause) {
    if (cause instanceof CotalError) throw cause;
    throw unusable(path, "it cannot be read", { hint: mintAgain, cause });
  }
}

function refuseUnfit(path: string, facts: Stats): void {
  if (!facts.isFile() || facts.size > maxBytes) {
    throw unusable(path, "no credential is of that kind or size", { hint: mintAgain });
  }
  if (process.platform !== "win32" && (facts.mode & othersMayOpen) !== 0) {
    const hint = `take the rights of other users away: chmod go-rwx ${path}`;
    throw unusable(path, "other users of this machine may open it", { hint });
  }
}

function unusable(path: string, why: string, details: ErrorDetails): CotalError {
  const message = `the credential file ${quoted(basename(path))} cannot be used: ${why}`;
  return new CotalError("bad-credential", message, { data: { path }, ...details });
}
