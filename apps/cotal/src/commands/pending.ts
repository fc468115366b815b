import type { Call, Definition } from "../command.ts";
import { deliveryUnavailable } from "../delivery/delivery-unavailable.ts";
import { withOperatorDesk } from "../mesh/operator-desk.ts";
import { openRunningMesh } from "../mesh/running-mesh.ts";
import { requireOutsideSeat } from "../mesh/seat-identity.ts";
import { facts } from "../report/line.ts";
import type { Outcome } from "../report/reporter.ts";
import { askDelivery } from "../rights/ask-delivery.ts";
import { peerWithRights } from "../rights/peer-rights.ts";
import { requireAuth } from "../rights/revoke-peer.ts";

export const definition: Definition<never, "peer"> = {
  options: [],
  arguments: ["peer"],
  details: ["Posts of durable channels that wait for a peer until it takes them."],
};

export async function run({ host, words, step }: Call<never, "peer">): Promise<Outcome> {
  requireOutsideSeat(host);
  const mesh = await openRunningMesh(host);
  requireAuth(mesh);
  step(`asking for what waits for ${words.peer}`);
  const { id, name } = await peerWithRights(mesh, words.peer, host.interrupted);
  const answer = await withOperatorDesk(mesh, host.interrupted, (desk) =>
    askDelivery(desk, mesh.settings, { owner: id, op: "pending", signal: host.interrupted }),
  );
  if (answer.kind === "no-leader") throw deliveryUnavailable();
  const { pending, parked } = answer.data as { readonly pending: number; readonly parked: number };
  return {
    result: { id, name, pending, parked },
    lines: facts([
      ["waiting", `${pending}`],
      ["parked", `${parked}${parked === 0 ? "" : ", until its rights are known"}`],
    ]),
  };
}
