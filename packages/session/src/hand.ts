import type { Entry } from "./entry.ts";
import type { Session } from "./session.ts";

/** What becomes of an entry. */
export type Disposition =
  | { readonly kind: "ack" }
  /** It is handed out again, to whoever asks, after the delay. */
  | { readonly kind: "retry"; readonly delayMs: number }
  /** It is never handed out again. */
  | { readonly kind: "terminate"; readonly reason: string };

/**
 * The entries a receiver holds. The broker is kept from handing them out again while they are held;
 * each is settled once; what is still held when the session ends goes back at once.
 */
export interface Hand {
  readonly size: number;
  /**
   * Takes an entry. `false` when it is held already: the broker has handed it out again, and that
   * delivery is the one that will be settled.
   */
  take(entry: Entry): boolean;
  settle(entry: Entry, disposition: Disposition): void;
  /** Gives back an entry that comes too late to be taken. */
  giveBack(entry: Entry): void;
}

const text = new TextEncoder();
const ackBody = text.encode("+ACK");
const progressBody = text.encode("+WPI");
const nanosPerMs = 1e6;

export function createHand({ connection, scope }: Session, ackWaitMs: number): Hand {
  const held = new Map<string, Entry>();
  /** What is decided in one turn of the event loop leaves in one write. */
  let untold: (readonly [subject: string, body: Uint8Array])[] = [];
  const tell = (): void => {
    const turn = untold;
    untold = [];
    if (connection.isClosed()) return;
    for (const [subject, body] of turn) connection.publish(subject, body);
  };
  const answer = ({ ackSubject }: Entry, body: Uint8Array): void => {
    if (untold.push([ackSubject, body]) === 1) setImmediate(tell);
  };

  const giveBack = (entry: Entry): void => answer(entry, bodyOf({ kind: "retry", delayMs: 0 }));

  scope.every(ackWaitMs / 3, "in progress", async () => {
    for (const entry of held.values()) answer(entry, progressBody);
  });
  scope.defer(() => {
    for (const entry of held.values()) giveBack(entry);
    held.clear();
    tell();
  });

  return {
    get size() {
      return held.size;
    },
    take: (entry) => {
      const key = keyOf(entry);
      const first = !held.has(key);
      held.set(key, entry);
      return first;
    },
    settle: (entry, disposition) => {
      const key = keyOf(entry);
      const latest = held.get(key);
      if (latest && held.delete(key)) answer(latest, bodyOf(disposition));
    },
    giveBack,
  };
}

/** The store time is part of it: a stream that was made anew counts from 1 again. */
function keyOf({ seq, storedAt }: Entry): string {
  return `${seq}@${storedAt}`;
}

function bodyOf(disposition: Disposition): Uint8Array {
  switch (disposition.kind) {
    case "ack":
      return ackBody;
    case "retry":
      return text.encode(`-NAK ${JSON.stringify({ delay: Math.round(disposition.delayMs * nanosPerMs) })}`);
    case "terminate":
      return text.encode(`+TERM ${disposition.reason.replace(/\s+/g, " ")}`);
  }
}
