import { asToken, CotalError, type Token } from "@cotal/subjects";
import type { Host } from "../host.ts";

/** Who somebody is that an agent's process has started, and where its mesh is. */
export interface SeatIdentity {
  readonly creds: string;
  readonly space: Token;
  readonly servers: readonly string[];
  /** The authority to trust, where it is one of its own. */
  readonly tls?: { readonly caFile: string };
  readonly name: Token;
  /** In an open mesh nobody asks who one is, and only the key of the credential counts. */
  readonly open: boolean;
}

/** What stands in the environment of an agent. `undefined` outside of one. */
export function seatIdentity({ env }: Pick<Host, "env">): SeatIdentity | undefined {
  const { COTAL_CREDS: creds, COTAL_SPACE: space, COTAL_SERVERS: servers, COTAL_NAME: name } = env;
  const { COTAL_TLS_CA: caFile, COTAL_OPEN: open } = env;
  if (!creds || !name) return undefined;
  if (!space || !servers) {
    throw new CotalError("usage", "COTAL_CREDS and COTAL_NAME say who you are, and not where", {
      hint: "set COTAL_SPACE and COTAL_SERVERS too, or none of them",
    });
  }
  return {
    creds,
    space: asToken("space", space),
    servers: servers.split(","),
    ...(caFile && { tls: { caFile } }),
    name: asToken("name", name),
    open: open === "1",
  };
}

/** What needs the keys of the mesh is for its user. */
export function requireOutsideSeat(host: Pick<Host, "env">): void {
  const seat = seatIdentity(host);
  if (seat === undefined) return;
  throw new CotalError("signer-missing", `${seat.name} is an agent, and has not the keys of the mesh`, {
    hint: "let the user do it, outside of the agent",
    data: { name: seat.name },
  });
}
