import { connectEndpoint, type Endpoint, type Handler } from "@cotal/endpoint";
import { errorFields, onAbort } from "@cotal/session";
import { CotalError } from "@cotal/subjects";
import { peerAuth } from "../mesh/peer-auth.ts";
import { sendReply } from "./answer.ts";
import { echoOf } from "./echo.ts";
import { maskOf, readEnvironment, variablesOf } from "./environment.ts";
import { createExec } from "./exec-handler.ts";
import { createHand } from "./hand.ts";
import { holdCommand } from "./hold-command.ts";
import { serveHolder } from "./holder-server.ts";
import type { HeldUntil, Holding } from "./holding.ts";
import { untilGone } from "./note-watch.ts";
import type { CommandWork, Work } from "./work.ts";

/** Is the agent of a seat until it is told to end; rejects when it can be that no longer. */
export async function holdSeat(holding: Holding): Promise<HeldUntil> {
  const { signal, seat } = holding;
  const { work } = seat;
  try {
    if (work.kind === "command") return await holdCommand(holding, work);
    await beAgent(holding, work);
    return "told";
  } catch (error) {
    // Told to end before it was there, the endpoint says so with the reason of the signal.
    if (error === signal.reason) return "told";
    throw error;
  }
}

type PeerWork = Exclude<Work, CommandWork>;

async function beAgent(holding: Holding, work: PeerWork): Promise<void> {
  const { mesh, seat, state, log, signal } = holding;
  const { name, role, allowSubscribe, subscribe = allowSubscribe, holder } = seat;
  const ended = new AbortController();
  const hand = createHand(signal);
  const onDrain = (): void => void hand.drain().then(() => ended.abort());
  await using _server = await serveHolder({ path: holder.socket, identity: holder, onDrain, log });
  await using endpoint = await connectEndpoint({
    space: mesh.settings.space,
    ...mesh.dial,
    auth: await peerAuth(mesh, name),
    card: { name, ...(role !== undefined && { role }) },
    channels: subscribe,
    retryFirst: true,
    signal,
    log,
  });
  endpoint.on("state", ({ state, error }) => {
    log({ level: "info", event: "seat.state", fields: { state, ...(error && { code: error.code }) } });
    if (state === "stopped") ended.abort(error ?? lastFault(endpoint));
  });
  endpoint.on("fault", ({ error: { code, cause, data } }) => {
    if (code !== "handler-failed") return;
    log({ level: "warn", event: "seat.failed", fields: { ...errorFields(cause), ...data } });
  });
  const forget = onAbort(signal, () => ended.abort());
  try {
    const concurrency = work.kind === "exec" ? work.concurrency : 1;
    const handler = hand.held(await handlerFor(holding, endpoint, work));
    endpoint.onMessage(handler, { concurrency, signal: hand.drained });
    await state.change({ phase: "running" });
    await untilGone(holding, ended.signal);
    if (ended.signal.aborted && !signal.aborted && !hand.drained.aborted) throw ended.signal.reason;
  } finally {
    forget();
  }
}

async function handlerFor(
  { mesh, seat, state, log }: Holding,
  endpoint: Endpoint,
  work: PeerWork,
): Promise<Handler> {
  const { name, cwd } = seat;
  if (work.kind === "echo") {
    return async (delivery) => {
      const reply = echoOf(delivery, name);
      if (reply !== undefined) await sendReply({ endpoint, log }, reply);
    };
  }
  const environment = await readEnvironment(mesh.files, seat);
  const variables = variablesOf(environment, { mesh, seat });
  return createExec({ endpoint, state, log, mask: maskOf(environment) }, { name, work, cwd, variables });
}

function lastFault(endpoint: Endpoint): CotalError {
  return (
    endpoint.health().faults.at(-1)?.error ??
    new CotalError("stopped", "the endpoint of this agent has been stopped")
  );
}
