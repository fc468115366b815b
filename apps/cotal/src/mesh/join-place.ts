import { resolve } from "node:path";
import type { EndpointOptions } from "@cotal/endpoint";
import { readCredentialFile } from "@cotal/session";
import { asToken, CotalError, type Token } from "@cotal/subjects";
import { readJwt } from "@cotal/trust";
import { type JoinLink, parseCredential, parseJoinLink, serverUrl } from "@cotal/wire";
import type { Host } from "../host.ts";
import { knownMeshes } from "../place/known-meshes.ts";
import type { Meant } from "../place/meant.ts";
import { credentialInToken } from "./link-credential.ts";
import { openRunningMesh, type RunningMesh } from "./running-mesh.ts";
import { seatIdentity } from "./seat-identity.ts";

/** As whom and where to join. */
export type JoinPlace =
  /** As a peer that is made for it; the keys of the mesh are here. */
  | { readonly kind: "own-mesh"; readonly mesh: RunningMesh; readonly link: JoinLink | undefined }
  /** As somebody who is one already, or where nobody asks who one is. */
  | {
      readonly kind: "elsewhere";
      readonly options: Pick<EndpointOptions, "space" | "servers" | "auth" | "tls">;
      readonly name: Token | undefined;
      readonly link: JoinLink | undefined;
    };

export interface JoinWish {
  readonly link: string | undefined;
  readonly creds: string | undefined;
  /** The authority to trust. */
  readonly tlsCa: string | undefined;
}

/** A link says where; without one it is where the agent is that calls, or the mesh of this user. */
export async function joinPlace({ link: text, creds, tlsCa }: JoinWish, host: Host): Promise<JoinPlace> {
  const link = text === undefined ? undefined : parseJoinLink(text);
  const tls = tlsCa === undefined ? {} : { tls: { caFile: resolve(host.folder, tlsCa) } };
  const as = creds === undefined ? carriedBy(link) : await identityIn(resolve(host.folder, creds));
  if (link !== undefined) {
    const own = as === undefined ? await ownMesh(link, host) : undefined;
    if (own !== undefined) return { kind: "own-mesh", mesh: own, link };
    const options = {
      space: link.space,
      servers: serverUrl(link.server),
      auth: as?.auth ?? linkAuth(link),
      ...tls,
    };
    return { kind: "elsewhere", options, name: as?.name, link };
  }
  if (as === undefined) return { kind: "own-mesh", mesh: await openRunningMesh(host), link };
  const seat = seatIdentity(host);
  const { space, ...dial } = seat ?? (await here(host));
  return { kind: "elsewhere", options: { space, ...dialIn(dial), auth: as.auth }, name: as.name, link };
}

async function here(host: Host): Promise<{ space: Token } & RunningMesh["dial"]> {
  const { settings, dial } = await openRunningMesh(host);
  return { space: settings.space, ...dial };
}

function dialIn({ servers, tls }: RunningMesh["dial"]): RunningMesh["dial"] {
  return { servers, ...(tls && { tls }) };
}

/** A link to one of the user's own meshes needs no credential: one can be made. */
async function ownMesh({ server, space, auth }: JoinLink, host: Host): Promise<RunningMesh | undefined> {
  if (auth.kind !== "open") return undefined;
  const { meshes } = await knownMeshes(host);
  for (const { files, kind } of meshes.filter((mesh) => mesh.running && mesh.space === space)) {
    const meant = (): Promise<Meant> => Promise.resolve({ files, kind, by: "flag" });
    const mesh = await runningIfAny({ ...host, meant });
    if (mesh?.dial.servers.includes(serverUrl(server))) return mesh;
  }
  return undefined;
}

async function runningIfAny(host: Host): Promise<RunningMesh | undefined> {
  try {
    return await openRunningMesh(host);
  } catch (error) {
    const absent = error instanceof CotalError && ["mesh-absent", "broker-absent"].includes(error.code);
    if (absent) return undefined;
    throw error;
  }
}

function linkAuth({ auth }: JoinLink): EndpointOptions["auth"] {
  return auth.kind === "password" ? { kind: "password", user: auth.user, pass: auth.password } : auth;
}

interface Identity {
  readonly name: Token;
  readonly auth: EndpointOptions["auth"];
}

async function identityIn(path: string): Promise<Identity> {
  const { jwt } = await readCredentialFile(path);
  return { name: nameIn(jwt), auth: { kind: "file", path } };
}

/** A link may carry a credential. */
function carriedBy(link: JoinLink | undefined): Identity | undefined {
  const creds = link?.auth.kind === "token" ? credentialInToken(link.auth.token) : undefined;
  if (creds === undefined) return undefined;
  return { name: nameIn(parseCredential(creds).jwt), auth: { kind: "creds", creds } };
}

function nameIn(jwt: string): Token {
  return asToken("name", readJwt("user", jwt).name);
}
