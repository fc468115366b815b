import { CotalError } from "@cotal/subjects";

/** Runs so many tasks at once; so many more may wait, first come first served. */
export interface Gate {
  /** Rejects with `busy` when no more may wait. */
  run<T>(task: () => Promise<T>): Promise<T>;
}

export function createGate({ concurrency, backlog }: { concurrency: number; backlog: number }): Gate {
  const waiting: (() => void)[] = [];
  let running = 0;
  return {
    run: async (task) => {
      if (running >= concurrency) {
        if (waiting.length >= backlog) throw new CotalError("busy", "too much is waiting already");
        await new Promise<void>((resolve) => waiting.push(resolve));
      } else {
        running++;
      }
      try {
        return await task();
      } finally {
        const next = waiting.shift();
        if (next) next();
        else running--;
      }
    },
  };
}
