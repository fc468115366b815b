import { createHash } from "node:crypto";
import { join } from "node:path";
import { connectEndpoint, type Endpoint } from "@cotal/endpoint";
import { CotalError } from "@cotal/subjects";
import { withLock } from "../home/lock.ts";
import type { Host } from "../host.ts";
import type { SeatIdentity } from "../mesh/seat-identity.ts";
import { seatOptions } from "../mesh/seat-view.ts";
import { runtimeFolder } from "../seat/socket-path.ts";

/**
 * Is the peer whose credential stands in the environment, for as long as `work` takes. One program at a time may:
 * another is refused with `identity-in-use`, also where it is the agent itself that runs.
 */
export async function withOwnIdentity<T>(
  seat: SeatIdentity,
  host: Host,
  work: (endpoint: Endpoint) => Promise<T>,
): Promise<T> {
  const signal = host.interrupted;
  const be = async (): Promise<T> => {
    await using endpoint = await connectEndpoint({ ...(await seatOptions(seat)), signal });
    return await work(endpoint);
  };
  const short = createHash("sha256").update(seat.creds).digest("base64url").slice(0, 12);
  return await withLock(join(runtimeFolder(host), `identity.${short}`), be, { signal }).catch(
    (error: unknown) => {
      throw error instanceof CotalError && error.code === "mesh-busy" ? inUse(seat, error) : error;
    },
  );
}

function inUse({ name }: SeatIdentity, cause: CotalError): CotalError {
  return new CotalError("identity-in-use", `another command is ${name} now, and waits for a reply`, {
    hint: "wait until it has ended, then try again",
    data: { name, ...cause.data },
    cause,
  });
}
