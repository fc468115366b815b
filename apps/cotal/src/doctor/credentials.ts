import { systemClock } from "@cotal/session";
import { CotalError, type Token } from "@cotal/subjects";
import { isRevoked, renew, saveCredential } from "@cotal/trust";
import { failed, okay, warning } from "../mesh/check.ts";
import type { Mesh } from "../mesh/mesh.ts";
import { type HeldCredential, heldCredential, heldNames } from "../rights/held-credential.ts";
import type { Finding } from "./finding.ts";

/** Whether each credential that lies here can be read and still serves. One check for those that do. */
export async function checkCredentials(mesh: Mesh): Promise<Finding[]> {
  const names = await heldNames(mesh.files);
  const found = await Promise.all(names.map((name) => look(mesh, name)));
  const amiss = found.filter((each): each is Finding => each !== undefined);
  if (amiss.length > 0) return amiss;
  return [okay("credentials", `${names.length} can be read and serve`)];
}

async function look(mesh: Mesh, name: Token): Promise<Finding | undefined> {
  const id = `credential ${name}`;
  try {
    const held = await heldCredential(mesh.files, name);
    return held && judge(mesh, held);
  } catch (error) {
    return { ...failed(id, error), next: `cotal mint ${name}` };
  }
}

function judge(mesh: Mesh, held: HeldCredential): Finding | undefined {
  const { name, isAside, text, path, expiresAt = Number.POSITIVE_INFINITY } = held;
  const id = `credential ${name}`;
  if (isAside)
    return warning(id, "a command that makes or changes its peer was cut off", `cotal mint ${name}`);
  if (isRevoked(mesh.space, text)) return warning(id, "it is revoked", `cotal mint ${name}`);
  if (expiresAt > systemClock.now()) return undefined;
  const since = `it has expired at ${new Date(expiresAt).toISOString()}`;
  const fix = async (): Promise<string> => {
    await saveCredential(path, renew(mesh.space, text, systemClock.now()));
    return `renewed the credential of ${name}`;
  };
  return { ...failed(id, new CotalError("auth-expired", since, { hint: `cotal creds renew ${name}` })), fix };
}
