import { readFile } from "node:fs/promises";
import { connectEndpoint, type Endpoint, type EndpointOptions } from "@cotal/endpoint";
import { readCredentialFile } from "@cotal/session";
import { asChannelPattern, type ChannelPattern } from "@cotal/subjects";
import { scopeOf } from "@cotal/trust";
import { seedIn } from "./credential-text.ts";
import type { SeatIdentity } from "./seat-identity.ts";

/** Runs `look` as the agent that this runs inside of, beside the program that is it: its queues are left alone. */
export async function withSeatView<T>(
  seat: SeatIdentity,
  signal: AbortSignal,
  look: (endpoint: Endpoint) => Promise<T>,
): Promise<T> {
  await using endpoint = await connectEndpoint({ ...(await seatOptions(seat)), mode: "beside", signal });
  return await look(endpoint);
}

/** How one is the agent that this runs inside of. */
export async function seatOptions({
  creds: path,
  space,
  servers,
  tls,
  name,
  open,
}: SeatIdentity): Promise<EndpointOptions> {
  const auth: EndpointOptions["auth"] = open
    ? { kind: "open", seed: seedIn(await readFile(path, "utf8")) }
    : { kind: "file", path };
  return { space, servers, ...(tls && { tls }), auth, card: { name } };
}

const everything: readonly ChannelPattern[] = [asChannelPattern(">")];

/** What the agent may read, as its credential has it. */
export async function seatReadRights({ creds, open }: SeatIdentity): Promise<readonly ChannelPattern[]> {
  if (open) return everything;
  return scopeOf((await readCredentialFile(creds)).jwt).allowSubscribe;
}
