import { probeBroker } from "@cotal/session";
import type { Token } from "@cotal/subjects";
import { formatJoinLink, type JoinLink, parseJoinLink, serverUrl } from "@cotal/wire";
import type { KnownMesh } from "./known-meshes.ts";
import { changeRegister, type Register } from "./register.ts";

/** A space elsewhere that was joined by a link. */
export interface JoinedSpace {
  readonly space: Token;
  /** The way there; it carries no secret. */
  readonly link: string;
  /** Whether anybody answers there now. */
  readonly running: boolean;
}

/** So many are kept, the latest first. */
const mostKept = 32;

/** Where to go is noted, and never as whom. */
export async function noteJoined(home: string, { server, space }: JoinLink): Promise<void> {
  const link = formatJoinLink({ server, space, channels: [], auth: { kind: "open" } });
  await changeRegister(home, ({ joined, ...rest }) => ({
    ...rest,
    joined: [link, ...joined.filter((each) => each !== link)].slice(0, mostKept),
  }));
}

/** Those that are none of the user's own meshes. */
export async function joinedSpaces(
  { joined }: Register,
  known: readonly KnownMesh[],
): Promise<JoinedSpace[]> {
  const links = joined.map((link) => ({ link, ...parseJoinLink(link) }));
  const elsewhere = links.filter(
    ({ space, server }) => !known.some((mesh) => mesh.space === space && mesh.port === server.port),
  );
  return await Promise.all(
    elsewhere.map(async ({ link, space, server }) => {
      const { kind } = await probeBroker(serverUrl(server), { timeoutMs: probeMs });
      return { link, space, running: kind !== "unreachable" };
    }),
  );
}

const probeMs = 1_500;
