import { CotalError, normaliseMentions } from "@cotal/subjects";
import { withLock } from "../home/lock.ts";
import type { Host } from "../host.ts";
import { requireMintable, takePeer } from "../mesh/peers.ts";
import type { RunningMesh } from "../mesh/running-mesh.ts";
import { type SeatEnvironment, writeEnvironment } from "./environment.ts";
import { hasSameRights, isHeld, listSeats, readSeat, type Seat, type SeatOrder } from "./seat.ts";
import { startSeat } from "./start-seat.ts";

export interface TakenSeat {
  readonly seat: Seat;
  /** Whether the agent was there before, and is only started again. */
  readonly known: boolean;
}

export interface SpawnOrder extends SeatOrder {
  readonly environment: SeatEnvironment;
}

/** How long other commands may be at work on the mesh; agents are often spawned several at once. */
export const lockWaitMs = 60_000;

export interface TakeOptions {
  readonly host: Host;
  /** Gives it its process; one of its own, unless given. */
  readonly start?: (seat: Seat) => Promise<Seat>;
}

/** Makes the agent a peer and starts its process. One that runs, or was spawned otherwise, is refused. */
export function takeSeat(
  mesh: RunningMesh,
  { environment, ...order }: SpawnOrder,
  { host, start = (seat) => startSeat(mesh, seat, { host, restarts: 0 }) }: TakeOptions,
): Promise<TakenSeat> {
  const { files, dial } = mesh;
  const signal = host.interrupted;
  const take = async (): Promise<TakenSeat> => {
    const before = await requireSpawnable(mesh, order);
    const { id } = await takePeer(mesh, { ...order, kind: "agent" }, { dial, signal });
    await writeEnvironment(files, order, environment);
    const seat = await start({ ...order, id, wanted: true });
    return { seat, known: before !== undefined };
  };
  return withLock(files.folder, take, { waitMs: lockWaitMs, signal });
}

/** Refuses what cannot be spawned, and gives the agent that was there before. */
export async function requireSpawnable(mesh: RunningMesh, order: SeatOrder): Promise<Seat | undefined> {
  const before = await readSeat(mesh.files, order.name);
  if (before === undefined) await requireFree(mesh, order);
  else requireFit(before, order);
  requireMintable(mesh, { ...order, kind: "agent" });
  return before;
}

function requireFit(before: Seat, order: SeatOrder): void {
  const { name, holder } = before;
  if (isHeld(before)) {
    throw new CotalError("agent-running", `${name} runs already, as process ${holder?.pid}`, {
      hint: `choose another name, or write to it: cotal send -t ${name}`,
      data: { name, pid: holder?.pid },
    });
  }
  if (hasSameRights(before, order)) return;
  throw new CotalError("rights-differ", `${name} was spawned otherwise: with another role or rights`, {
    hint: `cotal acl show ${name} shows its rights; spawn it with these, or choose another name`,
    data: { name, is: rightsOf(before), asked: rightsOf(order) },
  });
}

function rightsOf({ role, allowSubscribe, allowPublish }: SeatOrder): object {
  return { role, allowSubscribe, allowPublish };
}

/** Names are compared without case, as everybody who writes to one does. */
async function requireFree({ files, settings }: RunningMesh, { name }: SeatOrder): Promise<void> {
  const { seats, unreadable } = await listSeats(files);
  const taken = [settings.peer, ...[...seats, ...unreadable].map((seat) => seat.name)];
  const by = taken.find((each) => compared(each) === compared(name));
  if (compared(name) === brokerName) throw isKept(name);
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

/** `cotal logs broker` is that of the broker. */
const brokerName = "broker";

function isKept(name: string): CotalError {
  return new CotalError("reserved-name", `the name ${name} is kept for the fabric itself`, {
    hint: "choose another name",
  });
}

function compared(name: string): string {
  return normaliseMentions([name])[0] ?? "";
}
