import type { OwnerId } from "@cotal/subjects";
import { freshnessWindowMs } from "./signature-verifier.ts";

/**
 * Remembers which messages one route has taken, as long as their signature is fresh there. When its
 * memory is full it forgets the oldest of the busiest sender and from then on refuses whatever that
 * sender signed no later than what was forgotten: a message may be lost, none is taken twice.
 */
export interface ReplayGuard {
  /** `at` is the broker time that the signature was held against. */
  admit(seen: Seen): "fresh" | "replayed";
}

export interface Seen {
  readonly sender: OwnerId;
  readonly id: string;
  readonly signedAt: number;
  readonly at: number;
}

interface Memory {
  /** Ids with the moment of their signature, in the order in which they came. */
  readonly ids: Map<string, number>;
  /** Nothing signed up to here is vouched for. */
  floor: number;
}

export function createReplayGuard(options: { readonly maxIds?: number } = {}): ReplayGuard {
  const { maxIds = 100_000 } = options;
  const senders = new Map<string, Memory>();
  let size = 0;
  let latest = 0;
  /** The floor of senders of whom nothing is remembered. */
  let commonFloor = -1;
  let sweptAt = 0;

  const forgetOldest = (memory: Memory, count: number): void => {
    let left = count;
    for (const [id, signedAt] of memory.ids) {
      if (left-- === 0) return;
      memory.ids.delete(id);
      memory.floor = Math.max(memory.floor, signedAt);
      size--;
    }
  };

  /** Drops what is not fresh any more; `latest` refuses its repetition. Rarely, for it looks at everything. */
  const sweep = (): void => {
    if (latest < sweptAt + freshnessWindowMs / 4) return;
    sweptAt = latest;
    for (const [sender, memory] of senders) {
      for (const [id, signedAt] of memory.ids) {
        if (signedAt + freshnessWindowMs >= latest) continue;
        memory.ids.delete(id);
        size--;
      }
      if (memory.ids.size === 0 && memory.floor + freshnessWindowMs < latest) senders.delete(sender);
    }
  };

  const makeRoom = (): void => {
    sweep();
    if (size < maxIds) return;
    const busiest = [...senders].reduce((most, one) => (one[1].ids.size > most[1].ids.size ? one : most));
    const [sender, memory] = busiest;
    forgetOldest(memory, Math.ceil(memory.ids.size / 8));
    if (memory.ids.size > 0) return;
    commonFloor = Math.max(commonFloor, memory.floor);
    senders.delete(sender);
  };

  return {
    admit: ({ sender, id, signedAt, at }) => {
      latest = Math.max(latest, at);
      if (signedAt + freshnessWindowMs < latest) return "replayed";
      const memory = senders.get(sender) ?? { ids: new Map(), floor: commonFloor };
      if (signedAt <= memory.floor || memory.ids.has(id)) return "replayed";
      if (size >= maxIds) makeRoom();
      memory.ids.set(id, signedAt);
      senders.set(sender, memory);
      size++;
      return "fresh";
    },
  };
}
