import { errorFields, type Log, systemClock } from "@cotal/session";
import type { Token } from "@cotal/subjects";
import { withLock } from "../home/lock.ts";
import type { Host } from "../host.ts";
import type { Mesh } from "../mesh/mesh.ts";
import type { Verdict } from "../seat/after-end.ts";
import { listSeats, readSeat, type Seat } from "../seat/seat.ts";
import { readSeatState, type SeatState } from "../seat/seat-state.ts";
import { startSeat } from "../seat/start-seat.ts";
import { lockWaitMs } from "../seat/take-seat.ts";
import { afterLoss, isMissing, isToReturn } from "./recall.ts";

/** Starts agents again whose process is gone though they are to run. */
export interface Supervisor {
  look(signal: AbortSignal): Promise<void>;
}

export interface SupervisorDeps {
  readonly mesh: Pick<Mesh, "files">;
  readonly host: Pick<Host, "self" | "env" | "folder">;
  readonly log: Log;
}

/** What was decided about a loss; a later one, of another process, is decided anew. */
interface Plan {
  readonly pid: number | undefined;
  readonly verdict: Verdict;
  readonly dueAt: number;
}

export function createSupervisor({ mesh, host, log }: SupervisorDeps): Supervisor {
  const { files } = mesh;
  const plans = new Map<Token, Plan>();
  const soon = new Map<Token, number>();
  let isFirst = true;

  const decide = (seat: Seat, state: SeatState): Plan => {
    const { name } = seat;
    const pid = seat.holder?.pid;
    const known = plans.get(name);
    if (known !== undefined && known.pid === pid) return known;
    const verdict: Verdict =
      isFirst && isToReturn(seat, state)
        ? { kind: "again", delayMs: 0, soon: 0 }
        : afterLoss(seat, state, { soon: soon.get(name) ?? 0 });
    if (verdict.kind === "over") {
      log({ level: "warn", event: "manager.left-alone", fields: { name, why: verdict.why } });
    }
    const delayMs = verdict.kind === "again" ? verdict.delayMs : 0;
    return { pid, verdict, dueAt: systemClock.uptime() + delayMs };
  };

  const lookAt = async (seat: Seat, signal: AbortSignal): Promise<void> => {
    if (!isMissing(seat)) return;
    const plan = decide(seat, await readSeatState(files, seat));
    plans.set(seat.name, plan);
    if (plan.verdict.kind === "over" || systemClock.uptime() < plan.dueAt) return;
    soon.set(seat.name, plan.verdict.soon);
    await withLock(files.folder, () => bringBack(seat.name), { waitMs: lockWaitMs, signal });
  };

  const bringBack = async (name: Token): Promise<void> => {
    const seat = await readSeat(files, name);
    if (seat === undefined || !isMissing(seat)) return;
    const restarts = (await readSeatState(files, seat)).restarts + 1;
    const { holder } = await startSeat(mesh, seat, { host, restarts });
    plans.delete(name);
    log({ level: "info", event: "manager.restarted", fields: { name, restarts, pid: holder?.pid } });
  };

  return {
    look: async (signal) => {
      const { seats } = await listSeats(files);
      for (const seat of seats) {
        await lookAt(seat, signal).catch((error: unknown) => {
          const fields = { name: seat.name, ...errorFields(error) };
          log({ level: "warn", event: "manager.not-restarted", fields });
        });
      }
      isFirst = false;
    },
  };
}
