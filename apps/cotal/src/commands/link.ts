import { systemClock } from "@cotal/session";
import { asChannel, asToken, CotalError } from "@cotal/subjects";
import { freshId } from "@cotal/wire";
import type { Call, Definition } from "../command.ts";
import { formatSpan } from "../duration.ts";
import { joinLink } from "../mesh/join-link.ts";
import { tokenOf } from "../mesh/link-credential.ts";
import { publicUrl } from "../mesh/network.ts";
import { defaultRights, takeBriefPeer } from "../mesh/peers.ts";
import { openRunningMesh, type RunningMesh } from "../mesh/running-mesh.ts";
import { requireOutsideSeat } from "../mesh/seat-identity.ts";
import { generalChannel } from "../mesh/set-up-space.ts";
import { type Line, toned } from "../report/line.ts";
import type { Outcome } from "../report/reporter.ts";
import { requireAuth } from "../rights/revoke-peer.ts";

type Name = "channel" | "withCredential" | "ttl" | "dryRun";
type LinkCall = Call<Name>;

export const definition: Definition<Name> = {
  options: ["channel", "withCredential", "ttl", "dryRun"],
  details: [
    "By itself it carries no secret: who joins by it needs a credential as well, see cotal mint. With",
    "--with-credential it carries that of a new peer, which may read and post to the channel (general) for an",
    "hour, or for --ttl.",
  ],
};

export async function run(call: LinkCall): Promise<Outcome> {
  const { host, options } = call;
  requireOutsideSeat(host);
  if (options.ttl !== undefined && options.withCredential !== true) throw withoutCredential();
  const mesh = await openRunningMesh(host);
  const { channel } = options;
  const channels = channel === undefined ? [] : [channel];
  const [local = ""] = mesh.dial.servers;
  const url = publicUrl(local, mesh.settings);
  const { space } = mesh.settings;
  const base = { server: url, space, channels };
  if (options.withCredential !== true) {
    const link = joinLink(url, space, { channels });
    return { result: { link, ...base, secret: false }, lines: [link] };
  }
  if (options.dryRun === true) return planned(mesh, options);
  const { auth, peer, lines } = await invite(mesh, call);
  const link = joinLink(url, space, { channels, auth });
  return { result: { link, ...base, secret: true, peer }, lines: [link, ...lines] };
}

function planned(
  mesh: RunningMesh,
  { channel = asChannel(generalChannel), ttl = hourMs }: LinkCall["options"],
): Outcome {
  requireAuth(mesh);
  const peer = `a peer that may read and post to ${channel}, for ${formatSpan(ttl)}`;
  return {
    result: { channels: [channel], secret: true, dryRun: true },
    lines: [[toned("warn", "would make"), `  ${peer}, and a link that is it`]],
  };
}

const hourMs = 3_600_000;

interface Invitation {
  readonly auth: { readonly kind: "token"; readonly token: string };
  readonly peer: { readonly name: string; readonly id: string; readonly expiresAt: string };
  readonly lines: readonly Line[];
}

/** Makes the peer that the link will be. It lies nowhere else. */
async function invite(mesh: RunningMesh, { host, options, step }: LinkCall): Promise<Invitation> {
  requireAuth(mesh);
  const { channel, ttl: lifeMs = hourMs } = options;
  const name = asToken("name", `guest-${freshId().slice(0, 8)}`);
  const rights =
    channel === undefined ? defaultRights : { allowSubscribe: [channel], allowPublish: [channel] };
  step(`making the peer ${name}`);
  const at = { dial: mesh.dial, signal: host.interrupted };
  const { id, creds } = await takeBriefPeer(mesh, { name, kind: "agent", ...rights, lifeMs }, at);
  const expiresAt = new Date(systemClock.now() + lifeMs).toISOString();
  return {
    auth: { kind: "token", token: tokenOf(creds) },
    peer: { name, id, expiresAt },
    lines: [
      [toned("warn", "secret  "), `whoever holds this link is the peer ${name}, for ${formatSpan(lifeMs)}`],
      [toned("dim", "to end it  "), `cotal revoke ${name} --yes`],
    ],
  };
}

function withoutCredential(): CotalError {
  return new CotalError("usage", "--ttl is the life of a credential, and the link carries none", {
    hint: "add --with-credential, or leave --ttl away",
  });
}
