import type { Call, Definition } from "../command.ts";
import { findPeer } from "../mesh/find-peer.ts";
import { openRunningMesh } from "../mesh/running-mesh.ts";
import { requireOutsideSeat } from "../mesh/seat-identity.ts";
import { formatMoment } from "../reading/moment.ts";
import { type PeerSight, seePeers } from "../reading/peers.ts";
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
  requireOutsideSeat(host);
  const mesh = await openRunningMesh(host);
  step("looking who is there");
  const all = await seePeers(mesh, host.interrupted);
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
