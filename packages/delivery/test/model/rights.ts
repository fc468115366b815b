import type { Fact } from "./facts.ts";

/** What an owner was allowed to read, and when. Moments are places in its list of facts. */
export interface Rights {
  /** Where the list of facts was when this post came. */
  indexAt(seq: number): number;
  /** From that moment to the end it was never said that the channel may not be read, and in the end it may be. */
  heldSince(index: number, channel: string): boolean;
  /** Whether a copy that is handed out at that moment may be read. */
  mayRead(index: number, channel: string): boolean;
}

interface Version {
  readonly index: number;
  readonly channels: readonly string[] | undefined;
  /** Where it was answered that nothing else is handed out; beyond the end when it never was. */
  readonly settledAt: number;
}

const never = Number.POSITIVE_INFINITY;

export function rightsOf(facts: readonly Fact[]): Rights {
  const versions = versionsOf(facts);
  return {
    indexAt: (seq) => {
      const later = facts.findIndex(({ frontier }) => frontier >= seq);
      return later === -1 ? facts.length : later;
    },
    heldSince: (index, channel) => {
      const before = versions.findLastIndex((version) => version.index < index);
      const inForce = versions.slice(Math.max(0, before));
      const last = inForce.at(-1)?.channels ?? [];
      return last.includes(channel) && inForce.every(({ channels }) => channels?.includes(channel) ?? true);
    },
    mayRead: (index, channel) => {
      const settled = versions.findLastIndex(({ settledAt }) => settledAt <= index);
      const possible = versions.slice(Math.max(0, settled)).filter((version) => version.index <= index);
      return possible.some(({ channels }) => channels?.includes(channel) ?? false);
    },
  };
}

function versionsOf(facts: readonly Fact[]): Version[] {
  const versions: Version[] = [];
  for (const [index, fact] of facts.entries()) {
    const last = versions.at(-1);
    switch (fact.kind) {
      case "rights":
        versions.push({ index, channels: fact.channels, settledAt: fact.settled ? index : never });
        break;
      case "retired":
        versions.push({ index, channels: [], settledAt: fact.answered ? index : never });
        break;
      case "settled":
        if (last?.channels && last.settledAt === never) versions.splice(-1, 1, { ...last, settledAt: index });
        break;
      default:
        break;
    }
  }
  return versions;
}
