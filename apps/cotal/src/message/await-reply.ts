import { readBrokerRecord } from "@cotal/broker";
import type { Delivery, Endpoint } from "@cotal/endpoint";
import { sleep, systemClock, withDeadline } from "@cotal/session";
import { CotalError } from "@cotal/subjects";
import { formatDuration } from "../duration.ts";

/** The first direct message that says it replies to the given one. */
export interface ReplyWait {
  /** Rejects with `no-reply` in time, and when the mesh is taken down meanwhile. */
  reply(options: ReplyOptions): Promise<Delivery>;
}

export interface ReplyOptions {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Where the broker of the mesh lies. */
  readonly broker: string;
}

/** Listens from now on, so that no reply is too quick. */
export function listenForReply(endpoint: Endpoint, id: string): ReplyWait {
  let found: (delivery: Delivery) => void = () => undefined;
  const reply = new Promise<Delivery>((resolve) => {
    found = resolve;
  });
  endpoint.onMessage(async (delivery) => {
    if (delivery.kind === "dm" && delivery.message.replyTo === id) found(delivery);
  });
  return {
    reply: async ({ timeoutMs, signal, broker }) => {
      const over = new AbortController();
      const gone = untilDown(endpoint, { broker, signal: over.signal });
      const late = (): Promise<never> => Promise.reject(noReply(timeoutMs));
      try {
        const either = Promise.race([reply, gone]);
        return await withDeadline(systemClock, either, { timeoutMs, signal, onLate: late });
      } finally {
        over.abort();
        await Promise.allSettled([gone]);
      }
    },
  };
}

const lookMs = 1_000;

/** A broker that comes back is waited for; one that nobody starts again is not. */
async function untilDown(
  endpoint: Pick<Endpoint, "state">,
  { broker, signal }: { readonly broker: string; readonly signal: AbortSignal },
): Promise<never> {
  for (let looks = 0; looks < mostLooks; ) {
    await sleep(systemClock, lookMs, signal);
    const isThere = endpoint.state === "live" || (await readBrokerRecord(broker)).kind === "running";
    looks = isThere ? 0 : looks + 1;
  }
  throw new CotalError(
    "connection-lost",
    "the mesh went down while a reply was awaited; the message is stored",
    {
      hint: "cotal up",
    },
  );
}

const mostLooks = 5;

function noReply(timeoutMs: number): CotalError {
  return new CotalError(
    "no-reply",
    `nobody replied within ${formatDuration(timeoutMs)}; the message is stored`,
    {
      hint: "a reply that comes later reaches nobody; to wait longer, use --timeout",
      data: { timeoutMs },
    },
  );
}
