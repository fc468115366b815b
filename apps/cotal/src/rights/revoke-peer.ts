import { systemClock } from "@cotal/session";
import { CotalError, type OwnerId } from "@cotal/subjects";
import { revoke, type SpaceTrust, saveSpace } from "@cotal/trust";
import type { Mesh } from "../mesh/mesh.ts";
import type { RunningMesh } from "../mesh/running-mesh.ts";
import { withRevoker } from "./revoker.ts";

/** Voids every credential of a user and cuts its connections. Gives the space as it then is, which is kept. */
export async function revokePeer(mesh: RunningMesh, id: OwnerId, signal: AbortSignal): Promise<SpaceTrust> {
  const { trust, space, files } = mesh;
  const revoked = await withRevoker(mesh, signal, (system) =>
    revoke(system, { trust, space, id, at: systemClock.now() }),
  );
  await saveSpace(files.spaceTrust(space.space), revoked);
  return revoked;
}

/** Where nobody is asked who they are, rights mean nothing. */
export function requireAuth({ settings }: Pick<Mesh, "settings">): void {
  if (settings.mode === "auth") return;
  throw new CotalError(
    "mesh-differs",
    "this mesh is open: it asks nobody who they are, and all may do everything",
    {
      hint: "for rights, make a mesh without --open, under another COTAL_HOME",
      data: { option: "mode", is: settings.mode, asked: "auth" },
    },
  );
}
