import { open } from "node:fs/promises";
import type { Endpoint } from "@cotal/endpoint";
import { sleep, systemClock, withDeadline } from "@cotal/session";
import { CotalError } from "@cotal/subjects";
import { formatDuration } from "../duration.ts";
import { lookAround } from "../mesh/look-around.ts";
import type { RunningMesh } from "../mesh/running-mesh.ts";
import { isHeld, type Seat, seatFiles } from "./seat.ts";

export interface Awaiting {
  readonly mesh: RunningMesh;
  readonly seat: Seat;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

const pollMs = 50;

/** Resolves when others on the mesh see the agent; rejects when its process has ended, or not in time. */
export async function awaitReady(awaiting: Awaiting): Promise<void> {
  const { mesh, timeoutMs, signal } = awaiting;
  await lookAround(mesh, { dial: mesh.dial, signal }, async (endpoint) => {
    const over = new AbortController();
    const until = AbortSignal.any([signal, over.signal]);
    const present = untilPresent(endpoint, { ...awaiting, signal: until });
    const onLate = (): Promise<never> => Promise.reject(notReady(awaiting));
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

const shownLines = 10;

/** With the end of its log. */
export async function agentEnded({
  mesh,
  seat: { name },
}: Pick<Awaiting, "mesh" | "seat">): Promise<CotalError> {
  const { log: path } = seatFiles(mesh.files, name);
  const log = (await endOf(path)).slice(-shownLines);
  return new CotalError("agent-ended", `${name} has ended; the end of its log is above`, {
    hint: `the whole log is ${path}`,
    data: { name, log },
  });
}

function notReady({ seat: { name }, timeoutMs }: Awaiting): CotalError {
  return new CotalError("agent-not-ready", `${name} is not on the mesh after ${formatDuration(timeoutMs)}`, {
    hint: `it is left running: see cotal status`,
    data: { name, timeoutMs },
  });
}

const tailBytes = 16 * 1024;

async function endOf(path: string): Promise<string[]> {
  await using file = await open(path);
  const { size } = await file.stat();
  const { buffer, bytesRead } = await file.read(
    Buffer.alloc(tailBytes),
    0,
    tailBytes,
    Math.max(0, size - tailBytes),
  );
  return buffer.toString("utf8", 0, bytesRead).split("\n").filter(Boolean);
}
