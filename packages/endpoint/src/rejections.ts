import type { RejectReason } from "@cotal/wire";

/** Counts what was not taken, by reason. It outlives connections. */
export interface Rejections {
  count(reason: RejectReason): void;
  readonly counts: Readonly<Partial<Record<RejectReason, number>>>;
}

export function createRejections(): Rejections {
  const counts: Partial<Record<RejectReason, number>> = {};
  return {
    count: (reason) => {
      counts[reason] = (counts[reason] ?? 0) + 1;
    },
    get counts() {
      return { ...counts };
    },
  };
}
