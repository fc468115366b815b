import { connectEndpoint, type Endpoint, type EndpointOptions } from "@cotal/endpoint";
import {
  asChannel,
  type Channel,
  type ChannelPattern,
  CotalError,
  isChannel,
  type Token,
} from "@cotal/subjects";
import type { Call, Definition } from "../command.ts";
import { homeOf } from "../home/mesh-files.ts";
import { withBriefPeer } from "../mesh/brief-peer.ts";
import { type JoinPlace, joinPlace } from "../mesh/join-place.ts";
import { seatIdentity } from "../mesh/seat-identity.ts";
import { generalChannel } from "../mesh/set-up-space.ts";
import { chat, chatHelp } from "../message/chat.ts";
import { noteJoined } from "../place/joined.ts";
import { codedError } from "../report/coded-error.ts";
import { toned } from "../report/line.ts";
import type { Outcome } from "../report/reporter.ts";

type Name = "creds" | "as" | "tlsCa";
type JoinCall = Call<Name, "link">;

export const definition: Definition<Name, "link"> = {
  options: ["creds", "as", "tlsCa"],
  arguments: ["link"],
  details: [
    "On a terminal it is a chat. Without one it prints what arrives, one JSON document for each, until its",
    "input ends or it is interrupted. In the mesh of this user a peer is made for it, and retired at its end.",
  ],
};

export async function run(call: JoinCall): Promise<Outcome> {
  const { host, options, words, step } = call;
  const place = await joinPlace({ link: words.link, creds: options.creds, tlsCa: options.tlsCa }, host);
  const wanted = place.link?.channels ?? [];
  const channels = wanted.length === 0 ? [asChannel(generalChannel)] : wanted;
  step("joining");
  const be = (endpoint: Endpoint): Promise<Outcome> => present(endpoint, channels, call);
  if (place.kind === "own-mesh") {
    return await withBriefPeer(place.mesh, { name: options.as, lifeMs: dayMs, host, step }, be);
  }
  await using endpoint = await connected(place, options.as, host.interrupted);
  if (place.link !== undefined && seatIdentity(host) === undefined) {
    await noteJoined(homeOf(host), place.link).catch((error: unknown) =>
      step(`that it was joined could not be noted: ${codedError(error).message}`),
    );
  }
  return await be(endpoint);
}

const dayMs = 24 * 3600 * 1000;

async function present(
  endpoint: Endpoint,
  channels: readonly ChannelPattern[],
  { host, show }: JoinCall,
): Promise<Outcome> {
  const { id, name } = endpoint.ref;
  for (const channel of channels) await endpoint.join(channel, { signal: host.interrupted });
  const channel = channels.find((each): each is ChannelPattern & Channel => isChannel(each));
  show({
    result: { event: "present", id, name, channels },
    lines: [["you are ", toned("strong", name), ` in ${channels.join(", ")}`], ...chatHelp(channel)],
  });
  await chat({ endpoint, channel, host, show });
  return { result: { event: "ended" }, lines: [] };
}

async function connected(
  { options, name, link }: JoinPlace & { readonly kind: "elsewhere" },
  as: Token | undefined,
  signal: AbortSignal,
): Promise<Endpoint> {
  const card: EndpointOptions["card"] = { name: as ?? name ?? "guest" };
  try {
    return await connectEndpoint({ ...options, card, signal });
  } catch (error) {
    const isAsked =
      error instanceof CotalError && error.code === "auth-refused" && options.auth.kind === "open";
    if (!isAsked) throw error;
    throw new CotalError("no-credential", `the space ${link?.space} asks for a credential`, {
      hint: "cotal join <link> --creds <file>, with one that was minted for you",
      cause: error,
    });
  }
}
