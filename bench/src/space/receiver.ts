import type { ReceiverCalls } from "./receiver-calls.ts";
import { startWorker } from "./worker.ts";

/** A process that holds the receivers of both sides. */
export interface Receiver extends ReceiverCalls, AsyncDisposable {
  readonly pid: number;
}

export function startReceiver(): Receiver {
  const worker = startWorker(new URL("receiver-bin.ts", import.meta.url));
  return {
    pid: worker.pid,
    open: (order) => worker.ask("open", order),
    expect: (order) => worker.ask("expect", order),
    arrived: (side) => worker.ask("arrived", side),
    [Symbol.asyncDispose]: () => worker[Symbol.asyncDispose](),
  };
}
