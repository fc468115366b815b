import { constants } from "node:os";
import type { ProcessIdentity } from "@cotal/broker";
import { type State, stateIn } from "../home/json-state.ts";
import type { MeshFiles } from "../home/mesh-files.ts";
import { readFileIfAny, writePrivateFile } from "../home/private-file.ts";
import { type Seat, seatFiles } from "./seat.ts";

/** What a holder says of its agent. It alone writes it; whether the holder lives its note tells. */
export interface SeatState {
  /** `waiting`: it has ended, and is started again after a pause. `ended`: it is not. */
  readonly phase: "starting" | "running" | "waiting" | "ended";
  /** How often it was started again by itself. */
  readonly restarts: number;
  /** Processes below the holder, each the first of a group. Who killed the holder alone has left them behind. */
  readonly children: readonly ProcessIdentity[];
  /** How it has ended last. */
  readonly exit?: Exit | undefined;
}

/** How a process has ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
}

export const newState: SeatState = { phase: "starting", restarts: 0, children: [] };

/** What is not there, or torn, says nothing. */
export async function readSeatState(files: MeshFiles, { name }: Pick<Seat, "name">): Promise<SeatState> {
  const state = stateIn((await readFileIfAny(seatFiles(files, name).state)) ?? "");
  return state !== undefined && isSeatState(state) ? state : newState;
}

export interface StateKeeper {
  readonly now: SeatState;
  /** Resolves when it is written down; the latest is written last. */
  change(change: Partial<SeatState>): Promise<void>;
  /** Notes a process down for as long as the work with it goes on. */
  during<T>(child: ProcessIdentity, work: () => Promise<T>): Promise<T>;
}

export function keepState(files: MeshFiles, { name }: Pick<Seat, "name">, first: SeatState): StateKeeper {
  const path = seatFiles(files, name).state;
  let now = first;
  let written = Promise.resolve();
  const change = (change: Partial<SeatState>): Promise<void> => {
    now = { ...now, ...change };
    const text = `${JSON.stringify({ v: 1, ...now })}\n`;
    const write = (): Promise<void> => writePrivateFile(path, text);
    // One that failed harms no later one.
    written = written.then(write, write);
    return written;
  };
  return {
    get now() {
      return now;
    },
    change,
    during: async (child, work) => {
      await change({ children: [...now.children, child] });
      try {
        return await work();
      } finally {
        await change({ children: now.children.filter((each) => each !== child) });
      }
    },
  };
}

/** In words, for people. */
export function exitText({ code, signal }: Exit): string {
  return signal === null ? `exit ${code}` : `ended by ${signal}`;
}

/** The number of a signal, as a terminal gives it, by its name. */
export function signalName(number: number | undefined): string | null {
  if (number === undefined || number === 0) return null;
  const [name] = Object.entries(constants.signals).find(([, value]) => value === number) ?? [];
  return name ?? String(number);
}

const phases: readonly unknown[] = ["starting", "running", "waiting", "ended"];

function isSeatState(state: State): state is State & SeatState {
  const { v, phase, restarts, children } = state;
  return (
    v === 1 &&
    phases.includes(phase) &&
    Number.isSafeInteger(restarts) &&
    Array.isArray(children) &&
    children.every((child) => Number.isSafeInteger(child?.pid) && typeof child?.startTime === "string")
  );
}
