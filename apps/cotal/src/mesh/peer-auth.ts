import type { EndpointOptions } from "@cotal/endpoint";
import { systemClock } from "@cotal/session";
import { CotalError, type Token } from "@cotal/subjects";
import { saveCredential } from "@cotal/trust";
import { withLock } from "../home/lock.ts";
import type { MeshFiles } from "../home/mesh-files.ts";
import { readFileIfAny } from "../home/private-file.ts";
import { isLate, renewedInTime, seedIn } from "./credential-text.ts";
import { loadKeys } from "./keys.ts";
import type { Mesh } from "./mesh.ts";

/**
 * How a peer of this mesh proves who it is, for as long as it does. In an open mesh only the key counts, so that
 * the id stays.
 */
export async function peerAuth(mesh: Place, name: Token): Promise<EndpointOptions["auth"]> {
  if (mesh.settings.mode === "open") return authWith(mesh, await peerCredential(mesh, name));
  return { kind: "creds", creds: () => peerCredential(mesh, name) };
}

type Place = Pick<Mesh, "files" | "settings">;

/** The text of a peer's credential, which is renewed when it is asked for late in its life. */
export async function peerCredential({ files, settings }: Place, name: Token): Promise<string> {
  const text = await placedText(files, name);
  if (!isLate(text, systemClock.now())) return text;
  const renewNow = (): Promise<string> => renewed({ files, settings }, name);
  return await withLock(files.folder, renewNow, { waitMs: lockWaitMs }).catch((error: unknown) => {
    // Whoever changes the mesh may be about to renew it; the next one who asks will see.
    if (error instanceof CotalError && error.code === "mesh-busy") return text;
    throw error;
  });
}

/** Less than a connection waits for its credential. */
const lockWaitMs = 5_000;

/** By the keys and the revocations as they are now, which may be later than what this process began with. */
async function renewed({ files, settings }: Place, name: Token): Promise<string> {
  const text = await placedText(files, name);
  const { space } = await loadKeys(files, settings);
  const minted = renewedInTime(space, text, systemClock.now());
  if (minted === undefined) return text;
  await saveCredential(files.credential(name), minted);
  return minted.creds.reveal();
}

async function placedText(files: MeshFiles, name: Token): Promise<string> {
  const path = files.credential(name);
  const text = await readFileIfAny(path);
  if (text !== undefined) return text;
  throw missing(path, name);
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
