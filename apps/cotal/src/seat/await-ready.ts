import type { Endpoint } from "@cotal/endpoint";
import { sleep, systemClock, withDeadline } from "@cotal/session";
import { CotalError } from "@cotal/subjects";
import { formatDuration } from "../duration.ts";
import { endOfLog } from "../home/file-log.ts";
import { lookAround } from "../mesh/look-around.ts";
import type { RunningMesh } from "../mesh/running-mesh.ts";
import type { Awaited } from "../option-table.ts";
import { logText } from "./log-text.ts";
import { isHeld, type Seat, seatFiles } from "./seat.ts";
import { readSeatState } from "./seat-state.ts";

export interface Awaiting {
  readonly mesh: RunningMesh;
  readonly seat: Seat;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** How long one may take to be there, unless somebody says how long. */
export const readyTimeoutMs = 60_000;

const pollMs = 50;

/** What is awaited of an agent, unless somebody says what: only what this program runs by itself is a peer for sure. */
export function usuallyAwaited({ work }: Pick<Seat, "work">): Awaited {
  return work.kind === "command" ? "running" : "ready";
}

/** Resolves when the agent is so far; rejects when it has ended, or not in time. */
export function awaitSeat(wait: Awaited, awaiting: Awaiting): Promise<void> {
  return wait === "ready" ? awaitReady(awaiting) : awaitRunning(awaiting);
}

/** Resolves when others on the mesh see the agent; rejects when its process has ended, or not in time. */
async function awaitReady(awaiting: Awaiting): Promise<void> {
  const { mesh, timeoutMs, signal } = awaiting;
  await lookAround(mesh, { dial: mesh.dial, signal }, async (endpoint) => {
    const over = new AbortController();
    const until = AbortSignal.any([signal, over.signal]);
    const present = untilPresent(endpoint, { ...awaiting, signal: until });
    const onLate = (): Promise<never> => Promise.reject(notReady(awaiting, "is not on the mesh"));
    try {
      await withDeadline(systemClock, present, { timeoutMs, signal, onLate });
    } finally {
      over.abort();
      await Promise.allSettled([present]);
    }
  });
}

async function untilPresent(endpoint: Pick<Endpoint, "roster">, awaiting: Awaiting): Promise<void> {
  const { seat, signal } = awaiting;
  while (!isPresent(endpoint, seat)) {
    if (!isHeld(seat)) throw await agentEnded(awaiting);
    await sleep(systemClock, pollMs, signal);
  }
}

/** What an earlier process of the same agent has left behind does not count. */
export function isPresent(
  endpoint: Pick<Endpoint, "roster">,
  { id, holder }: Pick<Seat, "id" | "holder">,
): boolean {
  const peer = endpoint.roster().find((each) => each.id === id);
  return peer?.live === true && (peer.presence?.ts ?? 0) >= (holder?.since ?? 0);
}

/**
 * Resolves when the program of the agent runs, and has done so for a moment, or has done what it was to do.
 * Rejects when it has ended otherwise.
 */
async function awaitRunning({ mesh, seat, timeoutMs, signal }: Awaiting): Promise<void> {
  const over = new AbortController();
  const running = runsForAMoment({ mesh, seat }, AbortSignal.any([signal, over.signal]));
  const onLate = (): Promise<never> => Promise.reject(notReady({ seat, timeoutMs }, "does not run"));
  try {
    await withDeadline(systemClock, running, { timeoutMs, signal, onLate });
  } finally {
    over.abort();
    await Promise.allSettled([running]);
  }
}

/** What cannot run at all has ended by then. */
const momentMs = 400;

async function runsForAMoment(at: Pick<Awaiting, "mesh" | "seat">, signal: AbortSignal): Promise<void> {
  const { mesh, seat } = at;
  for (let since: number | undefined; ; ) {
    const isAlive = isHeld(seat);
    const { phase, exit } = await readSeatState(mesh.files, seat);
    if (phase === "ended" && exit?.code === 0) return;
    if (!isAlive || phase === "waiting" || phase === "ended") throw await agentEnded(at);
    if (phase === "running") since ??= systemClock.uptime();
    if (since !== undefined && systemClock.uptime() - since >= momentMs) return;
    await sleep(systemClock, pollMs, signal);
  }
}

const shownLines = 10;

/** With the end of its log. */
async function agentEnded({ mesh, seat: { name } }: Pick<Awaiting, "mesh" | "seat">): Promise<CotalError> {
  const { log: path } = seatFiles(mesh.files, name);
  const log = await endOfLog(path, shownLines);
  return new CotalError("agent-ended", `${name} has ended; the end of its log is above`, {
    hint: `the whole log: cotal logs ${name}`,
    data: { name, log: log.flatMap(logText) },
  });
}

function notReady(
  { seat: { name }, timeoutMs }: Pick<Awaiting, "seat" | "timeoutMs">,
  how: string,
): CotalError {
  return new CotalError("agent-not-ready", `${name} ${how} after ${formatDuration(timeoutMs)}`, {
    hint: `it is left as it is: see cotal ps and cotal logs ${name}`,
    data: { name, timeoutMs },
  });
}
