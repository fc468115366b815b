import { type BatchMessage, maxBatch } from "@cotal/session";
import type { Position } from "./checkpoint.ts";
import type { Outgoing } from "./copy.ts";

/** What is committed at once, besides the checkpoint that says so. */
export interface Batch {
  readonly messages: readonly BatchMessage[];
  /** The same, with whom they are for. */
  readonly outgoing: readonly Outgoing[];
  readonly bytes: number;
  /** Holds as soon as the batch is committed, and not before. */
  readonly position: Position;
}

/** Gathers messages into batches. */
export interface BatchPlan {
  /** Holds when everything that was added is committed. */
  readonly position: Position;
  /** Neither a message nor the position is new since the last batch. */
  readonly isEmpty: boolean;
  /** How many messages the next batch would have. */
  readonly size: number;
  /**
   * Adds what a post leads to, in the order of the owners' ids, and gives the batches that are full, in order. A
   * post at or below the position is left out, and so are the owners that were served before.
   */
  add(seq: number, messages: readonly Outgoing[]): readonly Batch[];
  /** The rest; nothing when it is empty. */
  flush(): Batch | undefined;
}

export interface BatchLimits {
  readonly messages: number;
  readonly bytes: number;
}

/** One message of the broker's limit is the checkpoint. */
export const batchLimits: BatchLimits = { messages: maxBatch - 1, bytes: 4 * 1024 * 1024 };

/**
 * I4: a position is handed out together with all that stands below it and not before. I8: it only grows, and
 * what stands at or below it is not added again.
 */
export function createBatchPlan(start: Position, limits: BatchLimits = batchLimits): BatchPlan {
  let position = start;
  let told = start;
  let load = createLoad(limits);

  const cut = (): Batch => {
    const { outgoing, bytes } = load;
    load = createLoad(limits);
    told = position;
    return { messages: outgoing.map(({ message }) => message), outgoing, bytes, position };
  };
  const isEmpty = (): boolean => load.isEmpty && position === told;

  return {
    get position() {
      return position;
    },
    get isEmpty() {
      return isEmpty();
    },
    get size() {
      return load.outgoing.length;
    },
    add: (seq, messages) => {
      const { chatSeq, after } = position;
      if (seq <= chatSeq) return [];
      const full: Batch[] = [];
      for (const one of messages) {
        if (after?.seq === seq && one.owner <= after.owner) continue;
        if (!load.hasRoomFor(one)) full.push(cut());
        load.put(one);
        position = { chatSeq, after: { seq, owner: one.owner } };
      }
      position = { chatSeq: seq };
      return full;
    },
    flush: () => (isEmpty() ? undefined : cut()),
  };
}

interface Load {
  readonly isEmpty: boolean;
  readonly outgoing: readonly Outgoing[];
  readonly bytes: number;
  /** A message that is too large by itself goes alone. */
  hasRoomFor(one: Outgoing): boolean;
  put(one: Outgoing): void;
}

function createLoad(limits: BatchLimits): Load {
  const outgoing: Outgoing[] = [];
  /** Where those stand that can be replaced. */
  const places = new Map<string, { readonly at: number; readonly bytes: number }>();
  let bytes = 0;
  return {
    get isEmpty() {
      return outgoing.length === 0;
    },
    outgoing,
    get bytes() {
      return bytes;
    },
    hasRoomFor: ({ message, bytes: added }) => {
      const replaced = places.get(message.subject);
      const count = outgoing.length + (replaced ? 0 : 1);
      const sum = bytes + added - (replaced?.bytes ?? 0);
      return outgoing.length === 0 || (count <= limits.messages && sum <= limits.bytes);
    },
    put: (one) => {
      const { message, bytes: added, replaces } = one;
      const replaced = places.get(message.subject);
      const at = replaced?.at ?? outgoing.length;
      outgoing[at] = one;
      bytes += added - (replaced?.bytes ?? 0);
      if (replaces) places.set(message.subject, { at, bytes: added });
    },
  };
}
