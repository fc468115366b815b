import {
  channelsRegistry,
  createRegistryView,
  directoryRegistry,
  type Found,
  type Lookup,
  presenceRegistry,
  type RegistryDefinition,
  type RegistryView,
  type SpaceRecord,
  spaceRegistry,
  known as standing,
} from "@cotal/registries";
import { brokerError, type Capability, type Health, type Session } from "@cotal/session";
import { type Channel, type ChannelPattern, CotalError, isChannel, registryKey } from "@cotal/subjects";
import {
  type ChannelConfig,
  type DirectoryEntry,
  type EffectiveChannelConfig,
  effectiveChannelConfig,
  type Presence,
} from "@cotal/wire";
import type { Core } from "./core.ts";
import type { SpaceViews } from "./parts.ts";
import { ensurePresenceBucket } from "./presence-bucket.ts";
import { presenceDegraded } from "./presence-degraded.ts";
import { viewHealth } from "./view-health.ts";

type Listener<T> = (key: string, lookup: Lookup<T>) => void;

/** The registries that every peer reads. Those of which a decision is made are required; presence is not. */
export interface SpaceReading extends SpaceViews, Capability {
  readonly presence: RegistryView<Presence>;
  /** Calls back for each change of presence; the answer stops that. */
  onPresence(listener: Listener<Presence>): () => void;
  /** Calls back for each change of the directory; the answer stops that. */
  onDirectory(listener: Listener<DirectoryEntry>): () => void;
}

export function createSpaceViews(core: Core): SpaceReading {
  const { self } = core;
  const space = follow(core, spaceRegistry);
  const channels = follow(core, channelsRegistry);
  const directory = follow(core, directoryRegistry);
  // The roster keeps what it knew by itself; the owner of a record that cannot be read has to hear of it.
  const presence = follow(core, { ...presenceRegistry, keepsLast: false });
  const required = [space, channels, directory] as const;
  const holder = { id: self.id, beside: core.mode === "beside" };
  /** With a directory, names need no presence. */
  const wantsPresence = core.mode !== "sender" || core.open;

  const record = (): SpaceRecord => {
    const lookup = standing(space.view.get(registryKey.space));
    if (lookup.kind === "found") return lookup.value;
    throw unknownSpace(core);
  };

  const degraded = (failure: unknown): void =>
    core.fault("presence", presenceDegraded("presence cannot be read", failure));

  const repairPresence = async (session: Session, failure: unknown): Promise<void> => {
    if (session.scope.signal.aborted) return;
    // The broker forgets this bucket when it ends; the view goes on trying until it is there again.
    if (!core.open || brokerError(failure).code !== "stream-missing") throw failure;
    await ensurePresenceBucket(session, core.space);
    await presence.view.caughtUp({ signal: session.scope.signal });
  };

  const load = async (session: Session): Promise<void> => {
    // It begins with the others; what became of it matters once it is known that there is such a space.
    const present = Promise.allSettled(wantsPresence ? [presence.view.attach(session, holder)] : []);
    const attached = required.map(({ view }) => view.attach(session, holder));
    await Promise.all(attached).catch((failure) => {
      throw brokerError(failure).code === "stream-missing" ? unknownSpace(core, failure) : failure;
    });
    record();
    const [outcome] = await present;
    if (outcome?.status === "rejected") await repairPresence(session, outcome.reason).catch(degraded);
  };
  let loading: { readonly session: Session; readonly done: Promise<void> } | undefined;
  const known = (session: Session): Promise<void> => {
    if (loading?.session !== session) loading = { session, done: load(session) };
    return loading.done;
  };

  return {
    name: "space",
    required: true,
    presence: presence.view,
    onPresence: presence.on,
    onDirectory: directory.on,
    onChannels: (listener) => {
      const stops = [channels.on(listener), space.on(listener)];
      return () => {
        for (const stop of stops) stop();
      };
    },
    space: record,
    channelConfig: (channel) => configOf(channel, record(), channels.view),
    isRetired: (id) => valuesOf(directory.view.get(id)).some(({ retired }) => retired === true),
    directory: () => {
      const entries = directory.view.entries().flatMap(({ lookup }): DirectoryEntry[] => valuesOf(lookup));
      return core.open && entries.length === 0 ? null : entries;
    },
    attach: known,
    known,
    health: () => worstOf(required.map(({ health }) => health())),
  };
}

interface Followed<T> {
  readonly view: RegistryView<T>;
  on(listener: Listener<T>): () => void;
  health(): Health;
}

function follow<T>({ space, clock }: Core, definition: RegistryDefinition<T>): Followed<T> {
  const listeners = new Set<Listener<T>>();
  const start = clock.now();
  const view = createRegistryView(definition, {
    space,
    clock,
    onChange: (key, lookup) => {
      for (const listener of listeners) listener(key, lookup);
    },
  });
  return {
    view,
    on: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    health: () => viewHealth(view.state, start),
  };
}

/** Field by field: of the channel, else the default that was set, else the class the space was set up with. */
function configOf(
  channel: Channel | ChannelPattern,
  { defaultClass }: SpaceRecord,
  view: RegistryView<ChannelConfig>,
): EffectiveChannelConfig {
  const [defaults] = valuesOf(standing(view.get(registryKey.defaults)));
  const [own] = isChannel(channel) ? valuesOf(standing(view.get(channel))) : [];
  return effectiveChannelConfig(own, { deliveryClass: defaultClass, ...defaults, v: 1 });
}

function valuesOf<T>(lookup: Lookup<T>): T[] {
  return lookup.kind === "found" ? [(lookup as Found<T>).value] : [];
}

function worstOf(parts: readonly Health[]): Health {
  const rank = { ok: 0, degraded: 1, down: 2 } as const;
  return parts.reduce((worst, part) => (rank[part.kind] > rank[worst.kind] ? part : worst));
}

function unknownSpace({ space }: Core, cause?: unknown): CotalError {
  return new CotalError("unknown-space", `there is no space ${space} at this broker`, {
    hint: "check the name of the space and the address of the broker, or have the space set up: cotal up",
    data: { space },
    ...(cause !== undefined && { cause }),
  });
}
