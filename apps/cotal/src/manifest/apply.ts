import { asChannel, asToken, CotalError } from "@cotal/subjects";
import { withLock } from "../home/lock.ts";
import type { Host } from "../host.ts";
import type { RunningMesh } from "../mesh/running-mesh.ts";
import { codedError } from "../report/coded-error.ts";
import { changeConfig, configChange } from "../rights/channel-config.ts";
import { setRights } from "../rights/set-rights.ts";
import { awaitSeat, readyTimeoutMs, usuallyAwaited } from "../seat/await-ready.ts";
import { requireSeat, type Seat } from "../seat/seat.ts";
import { stopSeat } from "../seat/stop-seats.ts";
import { lockWaitMs, takeSeat } from "../seat/take-seat.ts";
import type { AgentStep, ChannelStep, Step } from "./plan.ts";

/** What a step came to. */
export interface Applied {
  readonly step: Step;
  readonly state: "done" | "failed" | "not-reached";
  readonly error?: CotalError;
}

export interface ApplyOptions {
  readonly host: Host;
  readonly say: (text: string) => void;
}

/**
 * Takes the steps in their order. The first that cannot be taken is the last; agents that were started are all
 * awaited, at once.
 */
export async function applySteps(
  mesh: RunningMesh,
  steps: readonly Step[],
  { host, say }: ApplyOptions,
): Promise<Applied[]> {
  const ends: Promise<CotalError | undefined>[] = [];
  for (const step of steps) {
    const seat = await take(mesh, step, { host, say }).catch(codedError);
    if (seat instanceof CotalError) {
      ends.push(Promise.resolve(seat));
      break;
    }
    ends.push(seat === undefined ? Promise.resolve(undefined) : untilThere(mesh, seat, host));
  }
  say("waiting until the agents are there");
  const errors = await Promise.all(ends);
  return steps.map((step, at): Applied => {
    if (at >= errors.length) return { step, state: "not-reached" };
    const error = errors[at];
    return error === undefined ? { step, state: "done" } : { step, state: "failed", error };
  });
}

/** What has kept it from being there, if anything has. */
function untilThere(mesh: RunningMesh, seat: Seat, host: Host): Promise<CotalError | undefined> {
  const awaiting = { mesh, seat, timeoutMs: readyTimeoutMs, signal: host.interrupted };
  return awaitSeat(usuallyAwaited(seat), awaiting).then(() => undefined, codedError);
}

/** The agent that it has started, if it was to start one. */
async function take(mesh: RunningMesh, step: Step, options: ApplyOptions): Promise<Seat | undefined> {
  options.host.interrupted.throwIfAborted();
  options.say(`${step.change} ${step.what} ${step.name}`);
  if (step.what === "agent") return await takeAgent(mesh, step, options);
  await setChannel(mesh, step, options.host.interrupted);
  return undefined;
}

async function setChannel(
  mesh: RunningMesh,
  { name, fields }: ChannelStep,
  signal: AbortSignal,
): Promise<void> {
  await changeConfig(mesh, { channel: asChannel(name), change: configChange(fields), signal });
}

/** It does not run while it becomes another one. */
async function takeAgent(
  mesh: RunningMesh,
  { change, because, order }: AgentStep,
  { host, say }: ApplyOptions,
): Promise<Seat | undefined> {
  const { files } = mesh;
  const name = asToken("name", order.name);
  if (change === "respawn") {
    const stop = async () =>
      stopSeat(files, await requireSeat(files, name), { forced: host.forced, wanted: true });
    await withLock(files.folder, stop, { waitMs: lockWaitMs, signal: host.interrupted });
  }
  if (because.includes("rights")) {
    const { allowSubscribe, allowPublish } = order;
    const given = { allowSubscribe, allowPublish };
    await setRights(mesh, { target: name, given, signal: host.interrupted, step: say });
  }
  return change === "rights" ? undefined : (await takeSeat(mesh, order, { host })).seat;
}
