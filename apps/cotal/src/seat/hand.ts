import type { Delivery, Handler, Outcome } from "@cotal/endpoint";
import { onAbort } from "@cotal/session";

/** The messages that an agent is handling. */
export interface Hand {
  /** The handler, as it is known here. */
  held(handler: Handler): (delivery: Delivery, signal: AbortSignal) => Promise<Outcome | undefined>;
  /** Aborted once no more is to be taken. */
  readonly drained: AbortSignal;
  /** Takes no more; resolves when all that was in hand has come to its end. */
  drain(): Promise<void>;
}

/** `told`: the agent is to end now. Drained, what is in hand goes on until then. */
export function createHand(told: AbortSignal): Hand {
  const drained = new AbortController();
  const inHand = new Set<Promise<unknown>>();
  return {
    drained: drained.signal,
    held: (handler) => async (delivery, asked) => {
      const cut = new AbortController();
      const forget = [
        onAbort(told, () => cut.abort()),
        onAbort(asked, () => drained.signal.aborted || cut.abort()),
      ];
      const handling = Promise.resolve(handler(delivery, cut.signal));
      inHand.add(handling);
      try {
        return (await handling) ?? undefined;
      } finally {
        for (const each of forget) each();
        inHand.delete(handling);
      }
    },
    drain: async () => {
      drained.abort();
      while (inHand.size > 0) await Promise.allSettled(inHand);
    },
  };
}
