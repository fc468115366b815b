import { type Clock, withDeadline } from "@cotal/session";
import type { CotalError } from "@cotal/subjects";
import type { WaitOptions } from "./cas-registry.ts";

/** What is waited for: it has come about, it cannot any more, or it may yet. */
export type Prospect =
  | { readonly kind: "met" }
  | { readonly kind: "open" }
  | { readonly kind: "failed"; readonly error: CotalError };

/** Those who wait until something changes. */
export interface Waiters {
  /** Makes everybody look again. */
  wake(): void;
  /** Resolves once the prospect is met; rejects when it has failed, and with `late()` when it takes too long. */
  until(prospect: () => Prospect, late: () => CotalError, options?: WaitOptions): Promise<void>;
}

const waitTimeoutMs = 5_000;

export function createWaiters(clock: Clock): Waiters {
  const looks = new Set<() => void>();
  return {
    wake: () => {
      for (const look of looks) look();
    },
    until: async (prospect, late, { signal, timeoutMs = waitTimeoutMs } = {}) => {
      let look = (): void => undefined;
      const met = new Promise<void>((resolve, reject) => {
        look = () => {
          const now = prospect();
          if (now.kind === "met") resolve();
          if (now.kind === "failed") reject(now.error);
        };
      });
      looks.add(look);
      look();
      const onLate = (): Promise<void> => Promise.reject(late());
      try {
        await withDeadline(clock, met, { timeoutMs, onLate, ...(signal && { signal }) });
      } finally {
        looks.delete(look);
      }
    },
  };
}
