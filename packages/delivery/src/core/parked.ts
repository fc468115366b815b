import { GapMarker, type RecordReader, recordReader } from "@cotal/wire";
import * as z from "zod";
import type { Authority } from "./authorise.ts";
import type { Due } from "./route.ts";

/** A post that an owner may be due, kept until its rights are known. */
export interface Pointer {
  readonly seq: number;
  readonly reason: Due["reason"];
  readonly generation: number;
}

/**
 * What is kept for one owner beside its copies, oldest first. A list that is full goes on as `from`: every post from there on is
 * routed anew for this owner when its rights are known. So it never grows too large, nothing is lost, and to park
 * yet another post writes nothing.
 */
export interface Parked {
  readonly pointers: readonly Pointer[];
  readonly from?: number | undefined;
  /** What was cut from its copies and is still to be told. */
  readonly gaps?: readonly GapMarker[] | undefined;
}

export const maxPointers = 1_000;
export const nothingParked: Parked = { pointers: [] };

export function isParked({ pointers, from }: Parked): boolean {
  return pointers.length > 0 || from !== undefined;
}

/** Parks one more; the same list says that nothing has to be written. */
export function park(parked: Parked, pointer: Pointer): Parked {
  const { pointers, from } = parked;
  if (from !== undefined) return parked;
  if (pointer.seq <= (pointers.at(-1)?.seq ?? 0)) return parked;
  if (pointers.length < maxPointers) return { ...parked, pointers: [...pointers, pointer] };
  return { ...parked, from: pointer.seq };
}

export interface Redecided {
  /** Oldest first. */
  readonly deliver: readonly Pointer[];
  readonly dropped: readonly { readonly pointer: Pointer; readonly authority: Authority }[];
  readonly parked: Parked;
}

/** Decides anew. From the first that has to stay on all stay, so that the order of the owner holds. */
export function redecide(parked: Parked, decide: (pointer: Pointer) => Authority): Redecided {
  const deliver: Pointer[] = [];
  const dropped: { pointer: Pointer; authority: Authority }[] = [];
  for (const [at, pointer] of parked.pointers.entries()) {
    const authority = decide(pointer);
    if (authority.kind === "defer") {
      return { deliver, dropped, parked: { ...parked, pointers: parked.pointers.slice(at) } };
    }
    if (authority.kind === "deliver") deliver.push(pointer);
    else dropped.push({ pointer, authority });
  }
  return { deliver, dropped, parked: { ...parked, pointers: [] } };
}

const count = z.int().nonnegative();
const ParkedRecord = z.looseObject({
  v: z.literal(1),
  pointers: z.array(z.tuple([count, count, z.enum(["member", "mention"])])).max(maxPointers),
  from: count.optional(),
  gaps: z.array(GapMarker).optional(),
});

export const readParked: RecordReader<Parked> = recordReader(
  ParkedRecord.transform(({ pointers, from, gaps }) => ({
    pointers: pointers.map(([seq, generation, reason]) => ({ seq, generation, reason })),
    from,
    ...(gaps && { gaps }),
  })),
);

export function encodeParked({ pointers, from, gaps }: Parked): string {
  const rows = pointers.map(({ seq, generation, reason }) => [seq, generation, reason]);
  return JSON.stringify({ v: 1, pointers: rows, from, gaps });
}
