import type { Call, Definition } from "../../command.ts";
import { openRunningMesh } from "../../mesh/running-mesh.ts";
import { requireOutsideSeat } from "../../mesh/seat-identity.ts";
import { facts } from "../../report/line.ts";
import type { Outcome } from "../../report/reporter.ts";
import { peerWithRights } from "../../rights/peer-rights.ts";
import { requireAuth } from "../../rights/revoke-peer.ts";
import { rightsLines } from "../../rights/rights-lines.ts";

export const definition: Definition<never, "peer"> = {
  options: [],
  arguments: ["peer"],
  details: ["Beside that it may write to any peer and any role; who may read a channel reads all of it."],
};

export async function run({ host, words, step }: Call<never, "peer">): Promise<Outcome> {
  requireOutsideSeat(host);
  const mesh = await openRunningMesh(host);
  requireAuth(mesh);
  step(`looking at ${words.peer}`);
  const { id, name, role, acl } = await peerWithRights(mesh, words.peer, host.interrupted);
  const { allowSubscribe, allowPublish, epoch } = acl;
  const updatedAt = new Date(acl.updatedAt).toISOString();
  const state = acl.retired === true ? "retired" : `change ${epoch}, of ${updatedAt}`;
  return {
    result: { id, name, role, allowSubscribe, allowPublish, epoch, retired: acl.retired === true, updatedAt },
    lines: [
      ...facts([
        ["peer", `${name} ${id}`],
        ["role", role ?? "none"],
        ["state", state],
      ]),
      ...rightsLines(acl),
    ],
  };
}
