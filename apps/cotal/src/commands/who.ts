import type { Call, Definition } from "../command.ts";
import type { Host } from "../host.ts";
import { findPeer } from "../mesh/find-peer.ts";
import { openRunningMesh } from "../mesh/running-mesh.ts";
import { seatIdentity } from "../mesh/seat-identity.ts";
import { withSeatView } from "../mesh/seat-view.ts";
import { formatMoment } from "../reading/moment.ts";
import { type PeerSight, peersSeen, seePeers } from "../reading/peers.ts";
import { toned } from "../report/line.ts";
import type { Outcome } from "../report/reporter.ts";
import { type Cell, table } from "../report/table.ts";

type Name = "utc";

export const definition: Definition<Name, "who"> = {
  options: ["utc"],
  arguments: ["who"],
  details: [
    "Everybody who exists in the space, also who is away. Somebody is live who was heard of within 30 s.",
  ],
};

export async function run({ host, options, words, step }: Call<Name, "who">): Promise<Outcome> {
  step("looking who is there");
  const all = await everybody(host);
  const peers = words.who === undefined ? all : [findPeer(all, words.who)];
  const row = (peer: PeerSight): Cell[] => [
    peer.name,
    peer.live ? toned("good", peer.status) : toned("dim", "offline"),
    peer.role ?? "",
    peer.since === undefined ? "" : formatMoment(Date.parse(peer.since), options),
    peer.id,
    peer.activity ?? "",
  ];
  const lines = table(["name", "status", "role", "since", "id", "activity"], peers.map(row));
  return { result: { peers }, lines: peers.length === 0 ? ["nobody is there"] : lines };
}

async function everybody(host: Host): Promise<readonly PeerSight[]> {
  const seat = seatIdentity(host);
  if (seat !== undefined) return await withSeatView(seat, host.interrupted, async (own) => peersSeen(own));
  return await seePeers(await openRunningMesh(host), host.interrupted);
}
