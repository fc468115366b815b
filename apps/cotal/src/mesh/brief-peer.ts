import { connectEndpoint, type Endpoint, type EndpointOptions } from "@cotal/endpoint";
import { asToken, type Token } from "@cotal/subjects";
import { freshId } from "@cotal/wire";
import type { Host } from "../host.ts";
import { authWith } from "./peer-auth.ts";
import { defaultRights, takeBriefPeer } from "./peers.ts";
import type { RunningMesh } from "./running-mesh.ts";

export interface BriefPeerOptions extends Pick<EndpointOptions, "mode" | "channels"> {
  /** One that nobody has is made up when it is absent. */
  readonly name?: Token | undefined;
  readonly lifeMs: number;
  readonly host: Host;
  readonly step: (text: string) => void;
}

/**
 * Runs `work` as a peer that is made for it and retired at its end, however it ends. What cannot be retired then
 * is said, and ends with its credential.
 */
export async function withBriefPeer<T>(
  mesh: RunningMesh,
  { name = nameFor(mesh), lifeMs, host, step, ...options }: BriefPeerOptions,
  work: (endpoint: Endpoint) => Promise<T>,
): Promise<T> {
  const { dial, settings } = mesh;
  const wish = { name, kind: "endpoint", ...defaultRights, lifeMs } as const;
  const peer = await takeBriefPeer(mesh, wish, { dial, signal: host.interrupted });
  try {
    await using endpoint = await connectEndpoint({
      space: settings.space,
      ...dial,
      auth: authWith(mesh, peer.creds),
      card: { name },
      signal: host.interrupted,
      ...options,
    });
    return await work(endpoint);
  } finally {
    await peer.retire({ dial, signal: host.forced }).catch(() => {
      step(`${name} could not be retired: nobody is it any more, and its credential ends by itself`);
    });
  }
}

function nameFor({ settings }: RunningMesh): Token {
  return asToken("name", `${settings.peer.slice(0, 40)}-${freshId().slice(0, 8)}`);
}
