import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { isRunning } from "@cotal/broker";
import {
  type ChannelPattern,
  CotalError,
  isChannelPattern,
  isOwnerId,
  isToken,
  type OwnerId,
  quoted,
  type Token,
} from "@cotal/subjects";
import { type State, stateIn } from "../home/json-state.ts";
import type { MeshFiles } from "../home/mesh-files.ts";
import { readFileIfAny, writePrivateFile } from "../home/private-file.ts";
import type { PeerRights } from "../mesh/peers.ts";
import type { LaunchedProcess } from "../process/launch.ts";
import type { Release } from "../release.ts";
import { type RestartPolicy, restartPolicies } from "./restart-policy.ts";
import { isWork, type Work } from "./work.ts";

/** The process that an agent lives in. */
export interface Holder extends LaunchedProcess, Release {
  /** Where it listens to commands of this host. */
  readonly socket: string;
}

/** An agent of this host: what it was spawned as, and its process. */
export interface Seat extends PeerRights {
  readonly name: Token;
  /** Of its peer. */
  readonly id: OwnerId;
  readonly work: Work;
  readonly role?: Token | undefined;
  /** What it joins at its start, within its rights; all that it may read when nothing was said. */
  readonly subscribe?: readonly ChannelPattern[] | undefined;
  /** Where it stands. */
  readonly cwd: string;
  readonly restart: RestartPolicy;
  /** Whether it is to run: nobody has stopped it. */
  readonly wanted: boolean;
  /** Absent once it was stopped. One that does not run any more has died. */
  readonly holder?: Holder | undefined;
}

export interface SeatFiles {
  readonly folder: string;
  readonly record: string;
  /** What the holder says of itself. */
  readonly state: string;
  /** What stands in the environment of the agent. */
  readonly environment: string;
  readonly log: string;
}

export function seatFiles({ seats }: MeshFiles, name: Token): SeatFiles {
  const folder = join(seats, name);
  return {
    folder,
    record: join(folder, "seat.json"),
    state: join(folder, "state.json"),
    environment: join(folder, "environment.json"),
    log: join(folder, "log"),
  };
}

export async function readSeat(files: MeshFiles, name: Token): Promise<Seat | undefined> {
  const { record } = seatFiles(files, name);
  const text = await readFileIfAny(record);
  if (text === undefined) return undefined;
  const state = stateIn(text);
  if (state !== undefined && isSeat(state) && state.name === name) return state;
  throw new CotalError("bad-state", `${quoted(record)} cannot be read`, {
    hint: `delete it: a process that still holds ${name} ends by itself; then spawn ${name} again`,
    data: { path: record },
  });
}

export function writeSeat(files: MeshFiles, seat: Seat): Promise<void> {
  return writePrivateFile(seatFiles(files, seat.name).record, `${JSON.stringify({ v: 1, ...seat })}\n`);
}

/** The one that must be there; `unknown-agent` when it is not. */
export async function requireSeat(files: MeshFiles, name: Token): Promise<Seat> {
  const seat = await readSeat(files, name);
  if (seat !== undefined) return seat;
  throw new CotalError("unknown-agent", `no agent of this host is called ${quoted(name)}`, {
    hint: "cotal ps lists the agents of this host",
    data: { name },
  });
}

/** All agents of this host, in the order of their names. */
export interface SeatList {
  readonly seats: readonly Seat[];
  /** Those whose record says nothing; the others are not held up by it. */
  readonly unreadable: readonly { readonly name: Token; readonly error: CotalError }[];
}

export async function listSeats(files: MeshFiles): Promise<SeatList> {
  const names: string[] = await readdir(files.seats).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  const seats: Seat[] = [];
  const unreadable: { name: Token; error: CotalError }[] = [];
  for (const name of names.filter(isToken).sort()) {
    try {
      const seat = await readSeat(files, name);
      if (seat !== undefined) seats.push(seat);
    } catch (error) {
      if (!(error instanceof CotalError)) throw error;
      unreadable.push({ name, error });
    }
  }
  return { seats, unreadable };
}

export function isHeld({ holder }: Pick<Seat, "holder">): boolean {
  return holder !== undefined && isRunning(holder);
}

/** What an agent is spawned as. */
export type SeatOrder = Omit<Seat, "id" | "holder" | "wanted">;

/** Whether both are the same peer, with the same role and rights; the order of channels says nothing. */
export function hasSameRights(one: SeatOrder, other: SeatOrder): boolean {
  const [a, b] = [one, other].map(({ role, allowSubscribe, allowPublish }) =>
    JSON.stringify([role ?? null, [...allowSubscribe].sort(), [...allowPublish].sort()]),
  );
  return a === b;
}

function isSeat(state: State): state is State & Seat {
  const { v, name, id, work, role, cwd, restart, wanted, holder } = state;
  const { subscribe, allowSubscribe, allowPublish } = state;
  return (
    v === 1 &&
    isToken(name) &&
    isOwnerId(id) &&
    isWork(work) &&
    typeof cwd === "string" &&
    restartPolicies.some((policy) => policy === restart) &&
    typeof wanted === "boolean" &&
    (role === undefined || isToken(role)) &&
    (subscribe === undefined || isPatterns(subscribe)) &&
    isPatterns(allowSubscribe) &&
    isPatterns(allowPublish) &&
    (holder === undefined || isHolder(holder))
  );
}

function isPatterns(value: unknown): boolean {
  return Array.isArray(value) && value.every((each) => isChannelPattern(each));
}

function isHolder(value: unknown): boolean {
  const { pid, startTime, since, socket, version, protocol } = (value ?? {}) as State;
  return (
    [version, protocol].every((each) => each === undefined || typeof each === "string") &&
    Number.isSafeInteger(pid) &&
    typeof startTime === "string" &&
    Number.isSafeInteger(since) &&
    typeof socket === "string"
  );
}
