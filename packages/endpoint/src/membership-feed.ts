import {
  createRegistryView,
  type FeedRecord,
  type Found,
  membershipFeedRegistry,
  type Undecodable,
} from "@cotal/registries";
import type { Capability } from "@cotal/session";
import { registryKey } from "@cotal/subjects";
import type { Core } from "./core.ts";
import type { SpaceViews } from "./parts.ts";
import { viewHealth } from "./view-health.ts";

/** Where one peer is, for display. */
export interface Membership {
  readonly id: string;
  /** What it is subscribed to, patterns as they are. */
  readonly live: readonly string[];
  /** Where it is a durable member. */
  readonly durable: readonly string[];
  readonly observedAt: number;
}

export interface MembershipReport {
  /** When the feed last looked; absent when there is no feed. */
  readonly asOf?: number;
  readonly members: readonly Membership[];
  /** Rows that could not be read. */
  readonly skipped: number;
}

/** What the membership feed shows. Observers and operators may read it; nothing is decided by it. */
export interface MembershipFeed extends Capability {
  /** What it showed last. Throws `not-allowed` without the right to read it, `unreachable` before it was read. */
  membership(): MembershipReport;
  /** Calls back after each change; the answer stops that. */
  onMembership(listener: () => void): () => void;
}

export function createMembershipFeed(core: Core, views: Pick<SpaceViews, "known">): MembershipFeed {
  const listeners = new Set<() => void>();
  const start = core.clock.now();
  const view = createRegistryView(membershipFeedRegistry, {
    space: core.space,
    clock: core.clock,
    onChange: () => {
      for (const listener of listeners) listener();
    },
  });
  return {
    name: "membership",
    required: false,
    membership: () => reportOf(view.entries().map(({ lookup }) => lookup)),
    onMembership: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    attach: async (session) => {
      try {
        await view.attach(session, core.self);
      } catch (error) {
        await views.known(session);
        if (!session.scope.signal.aborted) core.fault("membership", error);
      }
    },
    health: () => viewHealth(view.state, start),
  };
}

function reportOf(rows: readonly (Found<FeedRecord> | Undecodable)[]): MembershipReport {
  const members: Membership[] = [];
  let asOf: number | undefined;
  let skipped = 0;
  for (const row of rows) {
    if (row.kind === "undecodable") skipped++;
    else if (row.key === registryKey.feed) asOf = row.value.observedAt;
    else {
      const { live = [], durable = [], observedAt } = row.value;
      members.push({ id: row.key, live, durable, observedAt });
    }
  }
  return { ...(asOf !== undefined && { asOf }), members, skipped };
}
