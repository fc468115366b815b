import { onAbort } from "@cotal/session";
import type { Delivery } from "./delivery.ts";
import type { Desk, Handover } from "./intake.ts";
import type { Reception } from "./reception.ts";
import { toDelivery } from "./to-delivery.ts";

export type Deliveries = AsyncIterableIterator<Delivery, undefined>;

export interface Iteration {
  readonly desk: Desk;
  /** Called with the first question for a message. */
  readonly begin: () => Reception;
  readonly signal: AbortSignal | undefined;
}

/** Messages one by one, as they are asked for. Whatever is asked for leaves what was given before. */
export function iterate({ desk, begin, signal }: Iteration): Deliveries {
  let reception: Reception | undefined;
  let given: Handover | undefined;
  let forget: () => void = () => undefined;
  let over = false;

  const give = (handover: Handover | undefined): void => {
    if (given) desk.leave(given);
    given = handover;
  };
  const finish = async (): Promise<IteratorReturnResult<undefined>> => {
    over = true;
    forget();
    give(undefined);
    await reception?.end();
    return { value: undefined, done: true };
  };
  const start = (): Reception => {
    const begun = begin();
    if (signal) forget = onAbort(signal, begun.ask);
    return begun;
  };

  return {
    next: async () => {
      if (over) return finish();
      reception ??= start();
      give(undefined);
      while (!reception.signal.aborted) {
        const handover = await desk.next();
        if (!handover) continue;
        give(handover);
        if (over) break;
        return { value: toDelivery(handover, desk).delivery, done: false };
      }
      return finish();
    },
    return: finish,
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
