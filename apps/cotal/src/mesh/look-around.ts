import { connectEndpoint, type Endpoint, type EndpointOptions } from "@cotal/endpoint";
import { systemClock } from "@cotal/session";
import type { ChannelPattern } from "@cotal/subjects";
import { mint, renew } from "@cotal/trust";
import type { CallSession } from "./call-session.ts";
import type { Mesh } from "./mesh.ts";

export interface Look extends Omit<CallSession, "profile"> {
  /** The channels that may be read; none unless given. */
  readonly allowSubscribe?: readonly ChannelPattern[];
}

/** Who watches has an identity for this one call: it bears no name and nobody can write to it. */
export async function lookAround<T>(
  mesh: Mesh,
  { dial, signal, allowSubscribe = [] }: Look,
  look: (endpoint: Endpoint) => Promise<T>,
): Promise<T> {
  const { space, settings } = mesh;
  const auth = (): EndpointOptions["auth"] =>
    settings.mode === "open" ? { kind: "open" } : { kind: "creds", creds: renewing(mesh, allowSubscribe) };
  await using endpoint = await connectEndpoint({
    space: space.space,
    ...dial,
    auth: auth(),
    card: { name: "cotal" },
    mode: "observer",
    signal,
  });
  return await look(endpoint);
}

const lifeMs = 15 * 60_000;

/** A new life each time it is asked for, for the same id. */
function renewing({ space }: Mesh, allowSubscribe: readonly ChannelPattern[]): () => string {
  const order = { profile: "observer", name: "cotal", lifeMs, allowSubscribe } as const;
  const { creds } = mint(space, order, systemClock.now());
  return () => renew(space, creds.reveal(), systemClock.now()).creds.reveal();
}
