/** What one server does with a write before it says "stored". */
export type LocalDurability =
  /** Each write is on the disk first. */
  | { readonly kind: "fsync-each" }
  /** Writes reach the disk together; a power loss can take those of the last interval. */
  | { readonly kind: "group-commit"; readonly intervalMs: number };

/** `replicated` belongs to a cluster that somebody else runs: a majority holds each write. */
export type Durability = LocalDurability | { readonly kind: "replicated"; readonly copies: number };

export const laptopDurability: LocalDurability = { kind: "group-commit", intervalMs: 100 };

/** The name of the tier as people read it: `group-commit 100 ms`. */
export function describeDurability(durability: Durability): string {
  switch (durability.kind) {
    case "fsync-each":
      return "fsync-each";
    case "group-commit":
      return `group-commit ${durability.intervalMs} ms`;
    case "replicated":
      return `replicated ${durability.copies}`;
  }
}
