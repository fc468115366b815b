import type { EndpointOptions } from "@cotal/endpoint";
import { systemClock } from "@cotal/session";
import { CotalError, type Token } from "@cotal/subjects";
import { saveCredential } from "@cotal/trust";
import { readFileIfAny } from "../home/private-file.ts";
import { renewedInTime, seedIn } from "./credential-text.ts";
import type { Mesh } from "./mesh.ts";

/**
 * How a peer of this mesh proves who it is, for as long as it does. In an open mesh only the key counts, so that
 * the id stays.
 */
export async function peerAuth(mesh: Mesh, name: Token): Promise<EndpointOptions["auth"]> {
  if (mesh.settings.mode === "open") return authWith(mesh, await peerCredential(mesh, name));
  return { kind: "creds", creds: () => peerCredential(mesh, name) };
}

/** The text of a peer's credential, which is renewed when it is asked for late in its life. */
export async function peerCredential(mesh: Mesh, name: Token): Promise<string> {
  const path = mesh.files.credential(name);
  const text = await readFileIfAny(path);
  if (text === undefined) throw missing(path, name);
  const renewed = renewedInTime(mesh.space, text, systemClock.now());
  if (renewed === undefined) return text;
  await saveCredential(path, renewed);
  return renewed.creds.reveal();
}

/** The same with the text of a credential that stays as it is. */
export function authWith({ settings }: Pick<Mesh, "settings">, creds: string): EndpointOptions["auth"] {
  return settings.mode === "open" ? { kind: "open", seed: seedIn(creds) } : { kind: "creds", creds };
}

function missing(path: string, name: Token): CotalError {
  return new CotalError("no-credential", `the credential of ${name} is missing`, {
    hint: "cotal status says what to do",
    data: { path },
  });
}
