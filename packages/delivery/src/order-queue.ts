import { CotalError } from "@cotal/subjects";
import type { Turn } from "./shard-core.ts";

/** Something that has to be done when nothing else of the shard goes on. */
export interface Order {
  /** Does not reject: whoever has ordered it learns what became of it. */
  readonly work: (turn: Turn) => Promise<void>;
  readonly giveUp: (error: unknown) => void;
}

/** Orders, first come first served. */
export interface OrderQueue {
  add<T>(work: (turn: Turn) => Promise<T>): Promise<T>;
  next(): Order | undefined;
  /** Nothing is done any more. */
  end(reason: unknown): void;
}

const maxOrders = 10_000;

export function createOrderQueue(onOrder: () => void): OrderQueue {
  let orders: Order[] = [];
  let end: { readonly reason: unknown } | undefined;
  return {
    add: <T>(work: (turn: Turn) => Promise<T>) => {
      if (end) return Promise.reject(end.reason);
      if (orders.length >= maxOrders) return Promise.reject(tooBusy());
      return new Promise<T>((resolve, reject) => {
        orders.push({ work: (turn) => work(turn).then(resolve, reject), giveUp: reject });
        onOrder();
      });
    },
    next: () => orders.shift(),
    end: (reason) => {
      end ??= { reason };
      for (const { giveUp } of orders) giveUp(reason);
      orders = [];
    },
  };
}

function tooBusy(): CotalError {
  return new CotalError("busy", "too much is asked of the shard already", { hint: "try again in a moment" });
}
