import type { Session } from "@cotal/session";
import { bucketName, type OwnerId, registryKey, streamName } from "@cotal/subjects";
import type { ChannelConfig, DeliveryClass } from "@cotal/wire";
import { hasStream } from "./broker-stream.ts";
import { channelsRegistry } from "./channels.ts";
import { ensureSpace, type SpaceSpec, type StreamOutcome } from "./ensure-space.ts";
import { known } from "./lookup.ts";
import { casRegistry } from "./open-registry.ts";
import { createRegistryView } from "./registry-view.ts";
import { createRegistryWriter } from "./registry-writer.ts";
import {
  requireSame,
  type SpaceFacts,
  type SpaceRecord,
  spaceRegistry,
  writeSpaceRecord,
} from "./space-record.ts";

export interface SpaceOrder {
  readonly spec: SpaceSpec;
  /** Whose credential the session has. */
  readonly id: OwnerId;
  /** The release that sets it up. */
  readonly version: string;
  /**
   * Posts are kept for members that are away; in an authenticated space they are unless it is said. A space
   * without can be given one later, and keeps it.
   */
  readonly backstop?: boolean;
  /** Unless it is said, what stands is left; where nothing does, authenticated: durable; open: live. */
  readonly defaultClass?: DeliveryClass;
  /** Channels to begin with, or `=defaults` for all. One that is configured already stays as it is. */
  readonly channels?: Readonly<Record<string, ChannelConfig>>;
}

export interface SpaceSetUp {
  readonly streams: readonly StreamOutcome[];
  readonly record: SpaceRecord;
}

/**
 * Makes a space whole: its streams, the channels it begins with, and last the record of what it is, so
 * that a space with a record is complete. It may be called again at any time, also after it was cut off.
 * A space that was set up otherwise is refused before anything is changed.
 */
export async function setUpSpace(session: Session, order: SpaceOrder): Promise<SpaceSetUp> {
  const { spec, id } = order;
  const { space } = spec;
  const secret = spec.ingest(bucketName(space, "space"));
  const view = createRegistryView(spaceRegistry, { space, clock: session.clock });
  const writer = createRegistryWriter(spaceRegistry, { space, secret });
  const registry = casRegistry({ session, view, writer });
  const isThere = await hasStream(session, streamName.registry(space, "space"));
  if (isThere) await view.attach(session, { id });
  const standing = isThere ? known(registry.get(registryKey.space)) : undefined;
  const stored = standing?.kind === "found" ? standing.value : undefined;
  const facts = factsOf(order, stored);
  if (stored) requireSame(stored, facts);
  const streams = await ensureSpace(session, spec);
  await Promise.all([view.attach(session, { id }), beginChannels(session, order)]);
  return { streams, record: await writeSpaceRecord(registry, facts) };
}

function factsOf({ spec, version, ...order }: SpaceOrder, stored: SpaceRecord | undefined): SpaceFacts {
  const { mode, shards } = spec;
  const { backstop = mode === "auth" } = order;
  const { defaultClass = stored?.defaultClass ?? (mode === "auth" ? "durable" : "live") } = order;
  return { mode, shards, backstop, defaultClass, version };
}

async function beginChannels(session: Session, { spec, channels = {} }: SpaceOrder): Promise<void> {
  const { space, ingest } = spec;
  const wanted = Object.entries(channels);
  if (wanted.length === 0) return;
  const secret = ingest(bucketName(space, "channels"));
  const writer = createRegistryWriter(channelsRegistry, { space, secret });
  // Fenced: it is configured already.
  const begun = wanted.map(([key, config]) => writer.put(session, key, config, { expectedRevision: 0 }));
  await Promise.all(begun);
}
