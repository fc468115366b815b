import type { Token } from "@cotal/subjects";
import { formatJoinLink } from "@cotal/wire";

/** It carries no secret: who joins an authenticated space needs a credential as well. */
export function joinLink(url: string, space: Token): string {
  const { protocol, hostname, port } = new URL(url);
  const server = { tls: protocol === "tls:", host: hostname.replace(/^\[|\]$/g, ""), port: Number(port) };
  return formatJoinLink({ server, space, channels: [], auth: { kind: "open" } });
}
