import { readBrokerRecord } from "@cotal/broker";
import type { Delivery, Endpoint, Outcome } from "@cotal/endpoint";
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
  /** Where the broker of the mesh lies, if that is on this host. */
  readonly broker: string | undefined;
  /** What becomes of a reply that comes later. */
  readonly later: string;
}

/** Listens from now on, so that no reply is too quick. `others` becomes of what is no reply to it. */
export function listenForReply(endpoint: Endpoint, id: string, others: Outcome = "handled"): ReplyWait {
  let found: (delivery: Delivery) => void = () => undefined;
  const reply = new Promise<Delivery>((resolve) => {
    found = resolve;
  });
  endpoint.onMessage(async (delivery) => {
    if (delivery.kind !== "dm" || delivery.message.replyTo !== id) return others;
    found(delivery);
    return "handled";
  });
  return {
    reply: async ({ timeoutMs, signal, broker, later }) => {
      const over = new AbortController();
      const gone = untilDown(endpoint, { broker, signal: over.signal });
      const late = (): Promise<never> => Promise.reject(noReply(timeoutMs, later));
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
  { broker, signal }: Pick<ReplyOptions, "broker" | "signal">,
): Promise<never> {
  for (let looks = 0; looks < mostLooks; ) {
    await sleep(systemClock, lookMs, signal);
    const isThere = endpoint.state === "live" || (await mayComeBack(broker));
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

/** Of one on another host nobody can tell. */
async function mayComeBack(broker: string | undefined): Promise<boolean> {
  return broker === undefined || (await readBrokerRecord(broker)).kind === "running";
}

function noReply(timeoutMs: number, later: string): CotalError {
  return new CotalError(
    "no-reply",
    `nobody replied within ${formatDuration(timeoutMs)}; the message is stored`,
    {
      hint: `${later}; to wait longer, use --timeout`,
      data: { timeoutMs },
    },
  );
}
