import type { Operation } from "@cotal/session";
import { CotalError } from "@cotal/subjects";
import { withLock } from "../home/lock.ts";
import type { Host } from "../host.ts";
import type { RunningMesh } from "../mesh/running-mesh.ts";
import { thisRelease } from "../release.ts";
import { orderFor } from "../seat/order.ts";
import { removeSeat } from "../seat/remove-seat.ts";
import { isHeld, listSeats, requireSeat, type Seat } from "../seat/seat.ts";
import { factsOf, type SeatFacts } from "../seat/seat-facts.ts";
import { startSeat } from "../seat/start-seat.ts";
import { stopSeat } from "../seat/stop-seats.ts";
import { lockWaitMs, takeSeat } from "../seat/take-seat.ts";
import type { ManagerNote } from "./manager-note.ts";
import { readName, readSpawnRequest } from "./spawn-request.ts";

export interface OperationDeps {
  readonly mesh: RunningMesh;
  readonly host: Host;
  readonly note: ManagerNote;
  readonly maxAgents: number;
  /** Goes on with something that nobody waits for. */
  readonly spawn: (label: string, work: () => Promise<void>) => void;
}

type Operations = Readonly<Record<string, Operation>>;

export interface ManagerServices {
  readonly manager: Operations;
  readonly self: Operations;
  readonly admin: Operations;
}

/** What the manager does for peers. Whom the broker lets ask is decided by the rights that they were minted with. */
export function managerServices(deps: OperationDeps): ManagerServices {
  const { mesh, host, note, maxAgents, spawn } = deps;
  const { files } = mesh;
  const locked = <T>(work: () => Promise<T>): Promise<T> =>
    withLock(files.folder, work, { waitMs: lockWaitMs, signal: host.interrupted });
  const stop = (seat: Seat): Promise<unknown> =>
    stopSeat(files, seat, { forced: host.forced, wanted: false });

  return {
    manager: {
      ps: async () => ({ agents: await agentsOf(mesh) }),
      spawn: async (args) => {
        await requireRoom(mesh, maxAgents);
        const order = await orderFor(readSpawnRequest(args), host);
        const { seat, known } = await takeSeat(mesh, order, { host });
        return { name: seat.name, id: seat.id, known };
      },
      stop: async (args) => {
        const name = readName(args);
        await locked(async () => stop(await requireSeat(files, name)));
        return { name };
      },
      restart: async (args) => {
        const name = readName(args);
        await locked(async () => {
          await stop(await requireSeat(files, name));
          await startSeat(mesh, await requireSeat(files, name), { host, restarts: 0 });
        });
        return { name };
      },
      rm: async (args) => {
        const name = readName(args);
        await locked(() => removeSeat(mesh, name, host));
        return { name };
      },
    },
    self: {
      // The answer goes out first: it is the asker who is stopped.
      stop: async (_, { sender }) => {
        const { seats } = await listSeats(files);
        const seat = seats.find(({ id }) => id === sender);
        if (seat === undefined) throw foreign();
        spawn("stop", () => locked(() => stop(seat)).then(() => undefined));
        return { name: seat.name, stopping: true };
      },
    },
    admin: {
      status: async () => ({
        ...thisRelease(),
        pid: note.pid,
        since: note.since,
        maxAgents,
        agents: await agentsOf(mesh),
      }),
    },
  };
}

/** Without what is of this host alone: a command line may hold what others are not to read. */
async function agentsOf({ files }: RunningMesh): Promise<Omit<SeatFacts, "runs" | "mesh">[]> {
  const { seats } = await listSeats(files);
  const facts = await Promise.all(seats.map((seat) => factsOf(files, seat, "unknown")));
  return facts.map(({ runs: _, mesh: __, ...fact }) => fact);
}

async function requireRoom({ files }: RunningMesh, maxAgents: number): Promise<void> {
  const { seats } = await listSeats(files);
  const running = seats.filter(isHeld).length;
  if (running < maxAgents) return;
  throw new CotalError("limit-reached", `${running} agents run, and the manager takes no more`, {
    hint: "stop one of them, or let the user start it with more: cotal manage --max-agents",
    data: { running, maxAgents },
  });
}

function foreign(): CotalError {
  return new CotalError("unknown-agent", "the manager of this host has not started you", {
    hint: "end yourself by other means",
  });
}
