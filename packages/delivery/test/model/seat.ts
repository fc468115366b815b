import type { Shard } from "../../src/shard.ts";

/** The place of whoever leads a shard. Who has an order waits until somebody is ready in it. */
export interface Seat {
  shard(): Promise<Shard>;
  take(shard: Shard): void;
  /** What was taken can be asked. */
  ready(): void;
  /** Another may come. */
  leave(): void;
  /** Nobody will come any more. */
  fail(error: unknown): void;
}

type State =
  | { readonly kind: "empty" }
  | { readonly kind: "taken" | "ready"; readonly shard: Shard }
  | { readonly kind: "failed"; readonly error: unknown };

export function createSeat(): Seat {
  let state: State = { kind: "empty" };
  const waiting: (() => void)[] = [];
  const become = (next: State): void => {
    state = next;
    for (const wake of waiting.splice(0)) wake();
  };
  return {
    shard: async () => {
      for (;;) {
        if (state.kind === "ready") return state.shard;
        if (state.kind === "failed") throw state.error;
        await new Promise<void>((resolve) => waiting.push(resolve));
      }
    },
    take: (shard) => become({ kind: "taken", shard }),
    ready: () => {
      if (state.kind === "taken") become({ kind: "ready", shard: state.shard });
    },
    leave: () => become({ kind: "empty" }),
    fail: (error) => become({ kind: "failed", error }),
  };
}
