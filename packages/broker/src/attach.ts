import { CotalError, quoted } from "@cotal/subjects";
import { type Broker, brokerOf } from "./broker.ts";
import { awaitReady } from "./readiness.ts";
import { readBrokerRecord } from "./record.ts";

export interface AttachOptions {
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** Finds the running broker of a folder again, whoever started it; `broker-absent` when none runs. */
export async function attachBroker(folder: string, options: AttachOptions = {}): Promise<Broker> {
  const { timeoutMs = 30_000, signal } = options;
  const state = await readBrokerRecord(folder);
  if (state.kind !== "running") throw absent(folder);
  const ready = await awaitReady(folder, state.record, { timeoutMs, signal });
  if (ready === "ended") throw absent(folder);
  if (ready === "late") {
    const { pid } = state.record;
    throw new CotalError("broker-not-ready", `the broker with pid ${pid} does not answer`, {
      hint: "it may still read its store, or stand still; stopping it works all the same",
      data: { folder, pid },
    });
  }
  return brokerOf({ folder, record: state.record, ready, exit: async () => ({ kind: "unknown" }) });
}

function absent(folder: string): CotalError {
  return new CotalError("broker-absent", `no broker runs on ${quoted(folder)}`, {
    hint: "start one",
    data: { folder },
  });
}
