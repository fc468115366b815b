import { startWorker } from "../space/worker.ts";
import type { CrowdCalls } from "./crowd-calls.ts";

/** A process that holds many receivers of both sides. */
export interface CrowdProcess extends CrowdCalls, AsyncDisposable {
  readonly pid: number;
}

export function startCrowd(): CrowdProcess {
  const worker = startWorker(new URL("crowd-bin.ts", import.meta.url));
  return {
    pid: worker.pid,
    gather: (members) => worker.ask("gather", members),
    gatherRaw: (order) => worker.ask("gatherRaw", order),
    expect: (order) => worker.ask("expect", order),
    arrived: (side) => worker.ask("arrived", side),
    part: (side) => worker.ask("part", side),
    [Symbol.asyncDispose]: () => worker[Symbol.asyncDispose](),
  };
}
