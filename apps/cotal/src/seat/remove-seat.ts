import { rm } from "node:fs/promises";
import type { Token } from "@cotal/subjects";
import type { Host } from "../host.ts";
import { retire } from "../mesh/peers.ts";
import type { RunningMesh } from "../mesh/running-mesh.ts";
import { revokePeer } from "../rights/revoke-peer.ts";
import { requireSeat, seatFiles } from "./seat.ts";
import { stopSeat } from "./stop-seats.ts";

/**
 * Ends an agent for good. The note of it goes last, so that what was cut off is done again by the same command.
 */
export async function removeSeat(
  mesh: RunningMesh,
  name: Token,
  { forced, interrupted }: Pick<Host, "forced" | "interrupted">,
): Promise<void> {
  const { files, dial, settings } = mesh;
  const seat = await requireSeat(files, name);
  await stopSeat(files, seat, { forced, wanted: false });
  if (settings.mode === "auth") {
    await revokePeer(mesh, seat.id, interrupted);
    await retire(mesh, seat.id, { dial, signal: interrupted });
  }
  await rm(files.credential(name), { force: true });
  await rm(seatFiles(files, name).folder, { recursive: true, force: true });
}
