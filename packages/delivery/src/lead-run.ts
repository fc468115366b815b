import { onAbort } from "@cotal/session";
import { CotalError } from "@cotal/subjects";
import type { RunOutcome } from "./lead-state.ts";
import type { Leadership } from "./leadership.ts";

/** One run of the lead, from the lease that was taken to the moment at which nothing of it goes on. */
export interface LeadRun {
  readonly outcome: Promise<RunOutcome>;
  /** What the lease says has come about. */
  tellReady(): void;
  /** From here on the run does nothing more in the name of the lead; once is enough. */
  quiesce(): void;
}

export interface LeadRunOptions extends Pick<Leadership, "shard" | "holder" | "epoch"> {
  readonly lead: (leadership: Leadership) => Promise<void>;
  readonly onReady: () => void;
}

export function startRun({ lead, onReady, ...whose }: LeadRunOptions): LeadRun {
  const abort = new AbortController();
  const { signal } = abort;
  const waiting = new Set<() => void>();
  const ready = async (): Promise<void> => {
    signal.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      waiting.add(resolve);
      onAbort(signal, () => reject(signal.reason));
      onReady();
    });
  };
  return {
    outcome: Promise.resolve()
      .then(() => lead({ ...whose, signal, ready }))
      .then((): RunOutcome => ({ kind: "done" }), outcomeOf),
    tellReady: () => {
      for (const tell of waiting) tell();
      waiting.clear();
    },
    quiesce: () => {
      if (!signal.aborted) abort.abort(leadLost(whose.shard));
    },
  };
}

function outcomeOf(error: unknown): RunOutcome {
  if (error instanceof CotalError && error.code === "fenced") return { kind: "deposed" };
  return { kind: "failed", error };
}

function leadLost(shard: number): CotalError {
  return new CotalError("no-leader", `shard ${shard} is not led by this daemon any more`, {
    hint: "ask again; whoever leads now answers",
    data: { shard },
  });
}
