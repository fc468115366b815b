import { connectEndpoint, type Endpoint } from "@cotal/endpoint";
import { type Log, onAbort, sleep, systemClock } from "@cotal/session";
import { CotalError } from "@cotal/subjects";
import { peerAuth } from "../mesh/peer-auth.ts";
import type { RunningMesh } from "../mesh/running-mesh.ts";
import { echoOf } from "./echo.ts";
import { readSeat, type Seat } from "./seat.ts";

export interface Holding {
  readonly mesh: RunningMesh;
  readonly seat: Seat;
  readonly log: Log;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/** Is the agent of a seat until it is told to end; rejects when it can be that no longer. */
export async function holdSeat(holding: Holding): Promise<void> {
  await beAgent(holding).catch((error: unknown) => {
    // Told to end before it was there, the endpoint says so with the reason of the signal.
    if (error !== holding.signal.reason) throw error;
  });
}

async function beAgent(holding: Holding): Promise<void> {
  const { mesh, seat, log, signal } = holding;
  const { name, role, allowSubscribe } = seat;
  const ended = new AbortController();
  await using endpoint = await connectEndpoint({
    space: mesh.settings.space,
    ...mesh.dial,
    auth: await peerAuth(mesh, name),
    card: { name, ...(role !== undefined && { role }) },
    channels: allowSubscribe,
    retryFirst: true,
    signal,
    log,
  });
  endpoint.on("state", ({ state, error }) => {
    log({ level: "info", event: "seat.state", fields: { state, ...(error && { code: error.code }) } });
    if (state === "stopped") ended.abort(error ?? lastFault(endpoint));
  });
  const forget = onAbort(signal, () => ended.abort());
  try {
    endpoint.onMessage(async (delivery) => {
      const reply = echoOf(delivery, name);
      if (reply !== undefined) await endpoint.send({ ...reply, waitForLinkMs: replyWaitMs });
    });
    await untilGone(holding, ended.signal);
  } finally {
    forget();
  }
}

const replyWaitMs = 30_000;
const lookMs = 2_000;

/** A seat whose record has gone, or is that of another process by now, is not to be held. */
async function untilGone({ mesh, seat, signal }: Holding, ended: AbortSignal): Promise<void> {
  while (!ended.aborted) {
    await Promise.allSettled([sleep(systemClock, lookMs, ended)]);
    const holder = (await readSeat(mesh.files, seat.name))?.holder;
    if (!ended.aborted && holder?.pid !== seat.holder?.pid) return;
  }
  if (!signal.aborted) throw ended.reason;
}

function lastFault(endpoint: Endpoint): CotalError {
  return (
    endpoint.health().faults.at(-1)?.error ??
    new CotalError("stopped", "the endpoint of this agent has been stopped")
  );
}
