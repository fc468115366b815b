import { CotalError } from "@cotal/subjects";
import type { Call, Definition } from "../command.ts";
import { defaultRights } from "../mesh/peers.ts";
import { openRunningMesh } from "../mesh/running-mesh.ts";
import { requireOutsideSeat } from "../mesh/seat-identity.ts";
import { type Line, toned } from "../report/line.ts";
import type { Outcome } from "../report/reporter.ts";
import { agentEnded, awaitReady } from "../seat/await-ready.ts";
import { isHeld } from "../seat/seat.ts";
import { type TakenSeat, takeSeat } from "../seat/take-seat.ts";

type Name = "preset" | "role" | "allowSubscribe" | "allowPublish" | "wait" | "timeout";

export const definition: Definition<Name, "agent"> = {
  options: ["preset", "role", "allowSubscribe", "allowPublish", "wait", "timeout"],
  arguments: ["agent"],
  details: [
    "The agent lives in a process of its own, until cotal down. One that was there before is started again,",
    "with the key and the rights that it had.",
  ],
};

export async function run({
  host,
  options,
  words: { agent: name },
  step,
}: Call<Name, "agent">): Promise<Outcome> {
  const { preset, role, wait = "ready", timeout = defaultTimeoutMs } = options;
  requireOutsideSeat(host);
  if (preset === undefined) throw withoutPreset(name);
  const { allowSubscribe, allowPublish } = { ...defaultRights, ...options };
  const mesh = await openRunningMesh(host);
  step(`starting ${name}`);
  const order = { name, preset, allowSubscribe, allowPublish, ...(role !== undefined && { role }) };
  const taken = await takeSeat(mesh, order, host);
  const { seat } = taken;
  try {
    if (wait === "ready") {
      step(`waiting until ${name} is on the mesh`);
      await awaitReady({ mesh, seat, timeoutMs: timeout, signal: host.interrupted });
    } else if (!isHeld(seat)) throw await agentEnded({ mesh, seat });
  } catch (error) {
    return outcomeOf(taken, { wait, failure: inSpawn(error) });
  }
  return outcomeOf(taken, { wait });
}

const defaultTimeoutMs = 60_000;

interface End {
  readonly wait: "running" | "ready";
  readonly failure?: CotalError;
}

function outcomeOf({ seat, known }: TakenSeat, { wait, failure }: End): Outcome {
  const { name, id, preset, role, holder } = seat;
  const process = isHeld(seat) ? "running" : "exited";
  const isReady = failure === undefined && wait === "ready";
  const result = { name, id, preset, role, known, pid: holder?.pid, process, ready: isReady };
  const log = failure?.code === "agent-ended" ? (failure.data.log as readonly string[]) : [];
  const lines: Line[] =
    failure === undefined
      ? [
          [toned("good", isReady ? "ready" : "running"), `  ${name}, ${preset}, pid ${holder?.pid}`],
          [toned("dim", "next   "), `cotal send -t ${name} hello --wait-reply`],
        ]
      : log.map((line): Line => [toned("dim", "log    "), line]);
  return { result, lines, failure };
}

function inSpawn(error: unknown): CotalError {
  if (error instanceof CotalError) return error;
  throw error;
}

function withoutPreset(name: string): CotalError {
  return new CotalError("usage", "it is not said what kind of agent to start", {
    hint: `cotal spawn ${name} --preset echo`,
  });
}
