import { credentialFile, credentialOf, noCredential, readCredentialFile } from "@cotal/session";
import { asOwnerId } from "@cotal/subjects";
import { createSigner, keyPairFromSeed, parseCredential } from "@cotal/wire";
import { seedIn } from "../mesh/credential-text.ts";
import { peerCredential } from "../mesh/peer-auth.ts";
import type { RunningMesh } from "../mesh/running-mesh.ts";
import type { SeatIdentity } from "../mesh/seat-identity.ts";
import type { Speaker } from "./send-once.ts";

/** The user, as the own peer. */
export async function ownSpeaker(mesh: RunningMesh): Promise<Speaker> {
  const { settings, dial } = mesh;
  const { space, peer: name } = settings;
  const text = await peerCredential(mesh, name);
  if (settings.mode === "open") {
    const { publicKey } = keyPairFromSeed(seedIn(text));
    return { space, dial, name, id: asOwnerId(publicKey), credentials: noCredential, signer: undefined };
  }
  const user = parseCredential(text);
  const credentials = (): ReturnType<typeof credentialOf> => credentialOf(user);
  return { space, dial, name, id: user.id, credentials, signer: (now) => createSigner(user.keys, { now }) };
}

/** The agent that this runs inside of. */
export async function seatSpeaker({ creds, space, name, open, ...at }: SeatIdentity): Promise<Speaker> {
  const { id, keys } = await readCredentialFile(creds);
  const signer: Speaker["signer"] = (now) => createSigner(keys, { now });
  const { servers, tls } = at;
  const dial = { servers, ...(tls && { tls }) };
  if (open) return { space, dial, name, id, credentials: noCredential, signer: undefined };
  return { space, dial, name, id, credentials: credentialFile(creds), signer };
}
