import { createRegistryWriter, type Lookup, presenceRegistry } from "@cotal/registries";
import type { Session } from "@cotal/session";
import type { Attention, Presence } from "@cotal/wire";
import type { Core } from "./core.ts";
import { changePresence, type OwnChange } from "./own-presence.ts";

/** What this peer says about itself, and how far others can know it. */
export interface OwnRecord {
  readonly presence: Presence;
  change(wish: OwnChange): void;
  /** Publishes what is not published yet, or so long ago that the bucket will forget it. */
  publish(session: Session): Promise<void>;
  /** What was published may be gone. */
  forget(): void;
  /** Whether something stands under the key of this peer that it has not written. */
  isForeign(lookup: Lookup<Presence>): boolean;
  publishOffline(session: Session): Promise<void>;
}

/** The bucket forgets a record after an hour. */
const refreshMs = 30 * 60_000;

interface Published {
  readonly presence: Presence;
  readonly revision: number;
  readonly at: number;
}

export function createOwnRecord(
  { space, self, clock, brokerClock }: Core,
  { attention }: { readonly attention?: Attention | undefined },
): OwnRecord {
  const writer = createRegistryWriter(presenceRegistry, { space });
  const moment = (): number => Math.round(brokerClock.now());
  const first: Presence = { card: self.card, status: "idle", ts: moment() };
  let presence = changePresence(first, { attention }, first.ts);
  let published: Published | undefined;

  const isDue = (): boolean => published?.presence !== presence || clock.uptime() - published.at >= refreshMs;

  return {
    get presence() {
      return presence;
    },
    change: (wish) => {
      presence = changePresence(presence, wish, moment());
    },
    publish: async (session) => {
      if (!isDue()) return;
      const wanted = presence;
      const written = await writer.put(session, self.id, wanted);
      if (written.kind === "written")
        published = { presence: wanted, revision: written.revision, at: clock.uptime() };
    },
    forget: () => {
      published = undefined;
    },
    isForeign: (lookup) =>
      lookup.kind === "undecodable" ||
      (lookup.kind === "found" && lookup.revision > (published?.revision ?? 0)),
    publishOffline: async (session) => {
      await writer.put(session, self.id, { card: self.card, status: "offline", ts: moment() });
    },
  };
}
