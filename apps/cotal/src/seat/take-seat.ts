import { CotalError, normaliseMentions } from "@cotal/subjects";
import { withLock } from "../home/lock.ts";
import { makePrivateFolder } from "../home/private-file.ts";
import type { Host } from "../host.ts";
import { takePeer } from "../mesh/peers.ts";
import type { RunningMesh } from "../mesh/running-mesh.ts";
import { launchHolder } from "./launch-holder.ts";
import {
  isHeld,
  isSameOrder,
  listSeats,
  readSeat,
  type Seat,
  type SeatOrder,
  seatFiles,
  writeSeat,
} from "./seat.ts";

export interface TakenSeat {
  readonly seat: Seat;
  /** Whether the agent was there before, and is only started again. */
  readonly known: boolean;
}

/** How long other commands may be at work on the mesh; agents are often spawned several at once. */
const lockWaitMs = 60_000;

/** Makes the agent a peer and starts its process. One that runs, or was spawned otherwise, is refused. */
export function takeSeat(mesh: RunningMesh, order: SeatOrder, host: Host): Promise<TakenSeat> {
  const { files, dial } = mesh;
  const { name } = order;
  const signal = host.interrupted;
  const take = async (): Promise<TakenSeat> => {
    const before = await readSeat(files, name);
    if (before === undefined) await requireFree(mesh, order);
    else requireFit(before, order);
    const { id } = await takePeer(mesh, { ...order, kind: "agent" }, { dial, signal });
    const { folder, log } = seatFiles(files, name);
    await makePrivateFolder(folder);
    const { holder, go, abandon } = await launchHolder(host, { name, log });
    const seat = { ...order, id, holder };
    try {
      await writeSeat(files, seat);
    } catch (error) {
      abandon();
      throw error;
    }
    go();
    return { seat, known: before !== undefined };
  };
  return withLock(files.folder, take, { waitMs: lockWaitMs, signal });
}

function requireFit(before: Seat, order: SeatOrder): void {
  const { name, holder } = before;
  if (isHeld(before)) {
    throw new CotalError("agent-running", `${name} runs already, as process ${holder?.pid}`, {
      hint: `choose another name, or write to it: cotal send -t ${name}`,
      data: { name, pid: holder?.pid },
    });
  }
  if (isSameOrder(before, order)) return;
  throw new CotalError(
    "rights-differ",
    `${name} was spawned otherwise: with another preset, role or rights`,
    {
      hint: "spawn it as it was spawned first, or choose another name",
      data: { name, is: before, asked: order },
    },
  );
}

/** Names are compared without case, as everybody who writes to one does. */
async function requireFree({ files, settings }: RunningMesh, { name }: SeatOrder): Promise<void> {
  const { seats, unreadable } = await listSeats(files);
  const taken = [settings.peer, ...[...seats, ...unreadable].map((seat) => seat.name)];
  const by = taken.find((each) => compared(each) === compared(name));
  if (by === undefined) return;
  throw new CotalError(
    "name-taken",
    `the name ${name} belongs to ${by === settings.peer ? "your own peer" : by}`,
    {
      hint: "choose another name",
      data: { name, by },
    },
  );
}

function compared(name: string): string {
  return normaliseMentions([name])[0] ?? "";
}
