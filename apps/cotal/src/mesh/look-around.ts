import { connectEndpoint, type Endpoint, type EndpointOptions } from "@cotal/endpoint";
import { systemClock } from "@cotal/session";
import { mint } from "@cotal/trust";
import type { CallSession } from "./call-session.ts";
import type { Mesh } from "./mesh.ts";

/** Who watches has an identity for this one call: it bears no name and nobody can write to it. */
export async function lookAround<T>(
  mesh: Mesh,
  { dial, signal }: Omit<CallSession, "profile">,
  look: (endpoint: Endpoint) => Promise<T>,
): Promise<T> {
  const { space, settings } = mesh;
  const auth = (): EndpointOptions["auth"] =>
    settings.mode === "open" ? { kind: "open" } : { kind: "creds", creds: minted(mesh) };
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

function minted({ space }: Mesh): string {
  return mint(space, { profile: "observer", name: "cotal", lifeMs }, systemClock.now()).creds.reveal();
}
