import type { ChannelPattern, Token } from "@cotal/subjects";
import { formatJoinLink, type LinkAuth } from "@cotal/wire";

export interface LinkMore {
  /** Joined from the start. */
  readonly channels?: readonly ChannelPattern[];
  readonly auth?: LinkAuth;
}

/** Without `auth` it carries no secret: who joins an authenticated space needs a credential as well. */
export function joinLink(
  url: string,
  space: Token,
  { channels = [], auth = { kind: "open" } }: LinkMore = {},
): string {
  const { protocol, hostname, port } = new URL(url);
  const server = { tls: protocol === "tls:", host: hostname.replace(/^\[|\]$/g, ""), port: Number(port) };
  return formatJoinLink({ server, space, channels, auth });
}
