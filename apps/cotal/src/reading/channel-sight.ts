import type { Endpoint } from "@cotal/endpoint";
import {
  channelsRegistry,
  directoryRegistry,
  known,
  membersRegistry,
  type SpaceRecord,
  spaceRegistry,
} from "@cotal/registries";
import {
  asChannelPattern,
  formatPattern,
  isChannel,
  parseSubject,
  registryKey,
  streamName,
} from "@cotal/subjects";
import { type ChannelConfig, type EffectiveChannelConfig, effectiveChannelConfig } from "@cotal/wire";
import { withCallSession } from "../mesh/call-session.ts";
import { readable, withOperatorDesk } from "../mesh/operator-desk.ts";
import type { RunningMesh } from "../mesh/running-mesh.ts";
import { storedSubjects } from "./stored-subjects.ts";

const everyChannel = asChannelPattern(">");

/** A channel that is set, that has members, or of which posts are kept. */
export interface ChannelSight {
  readonly channel: string;
  /** What was set for it; absent when nothing was. */
  readonly set: ChannelConfig | undefined;
  /** What holds for it. */
  readonly effective: Omit<EffectiveChannelConfig, "v">;
  /** So many are kept. */
  readonly posts: number;
  /** Peers for which posts are kept while they are away. */
  readonly members: readonly { readonly id: string; readonly name: string | undefined }[];
}

export interface ChannelsSight {
  readonly defaults: ChannelConfig | undefined;
  readonly channels: readonly ChannelSight[];
  /** So many records of settings and members say nothing to this program. */
  readonly unreadable: number;
}

/** All channels of the space, in the order of their names; and the named one, even when nothing is known of it. */
export async function seeChannels(
  mesh: RunningMesh,
  { named, signal }: { readonly named?: string; readonly signal: AbortSignal },
): Promise<ChannelsSight> {
  const [posts, records] = await Promise.all([countPosts(mesh, signal), readRecords(mesh, signal)]);
  const { configs, defaults, members, defaultClass, unreadable } = records;
  const names = new Set([...posts.keys(), ...configs.keys(), ...members.keys(), ...(named ? [named] : [])]);
  const channels = [...names].sort().map((channel): ChannelSight => {
    const set = configs.get(channel);
    const { v: _, ...effective } = effectiveChannelConfig(set, {
      deliveryClass: defaultClass,
      ...defaults,
      v: 1,
    });
    return { channel, set, effective, posts: posts.get(channel) ?? 0, members: members.get(channel) ?? [] };
  });
  return { defaults, channels, unreadable };
}

/** The channels that an agent may read, as it is told of them; what is set for them it is not told. */
export async function channelsSeen(
  endpoint: Pick<Endpoint, "channels" | "members" | "resolve">,
  named?: string,
): Promise<ChannelsSight> {
  const listed = (await endpoint.channels()).filter(
    ({ channel }) => named === undefined || channel === named,
  );
  const channels = await Promise.all(
    listed
      .filter(({ channel }) => isChannel(channel))
      .map(async ({ channel, config, stored }): Promise<ChannelSight> => {
        const { v: _, ...effective } = config;
        const members = (await endpoint.members(channel)).map(({ id }) => ({
          id,
          name: nameOf(endpoint, id),
        }));
        return { channel, set: undefined, effective, posts: stored?.posts ?? 0, members };
      }),
  );
  return { defaults: undefined, channels, unreadable: 0 };
}

function nameOf(endpoint: Pick<Endpoint, "resolve">, id: string): string | undefined {
  const resolution = endpoint.resolve(id);
  return resolution.kind === "found" ? resolution.peer.name : undefined;
}

interface Records {
  readonly configs: ReadonlyMap<string, ChannelConfig>;
  readonly defaults: ChannelConfig | undefined;
  readonly defaultClass: SpaceRecord["defaultClass"];
  readonly members: ReadonlyMap<string, ChannelSight["members"]>;
  readonly unreadable: number;
}

function readRecords(mesh: RunningMesh, signal: AbortSignal): Promise<Records> {
  return withOperatorDesk(mesh, signal, async ({ open }) => {
    const [channels, members, directory, space] = await Promise.all([
      open(channelsRegistry),
      open(membersRegistry),
      open(directoryRegistry),
      open(spaceRegistry),
    ]);
    const record = known(space.get(registryKey.space));
    const configs = new Map(
      channels
        .entries()
        .flatMap((entry) => (entry.kind === "found" ? [[entry.key, entry.value] as const] : [])),
    );
    const names = new Map(readable(directory).values.map(({ id, name }) => [id, name]));
    const rows = readable(members);
    const joined = new Map<string, { readonly id: string; readonly name: string | undefined }[]>();
    for (const { channel, owner, state } of rows.values) {
      if (state === "left") continue;
      joined.set(channel, [...(joined.get(channel) ?? []), { id: owner, name: names.get(owner) }]);
    }
    return {
      configs: new Map([...configs].filter(([key]) => isChannel(key))),
      defaults: configs.get(registryKey.defaults),
      defaultClass: record.kind === "found" ? record.value.defaultClass : "live",
      members: joined,
      unreadable: rows.unreadable + readable(channels).unreadable,
    };
  });
}

function countPosts(mesh: RunningMesh, signal: AbortSignal): Promise<ReadonlyMap<string, number>> {
  const { dial, settings } = mesh;
  const { space } = settings;
  return withCallSession(mesh, { dial, signal, profile: "setup" }, async ({ session }) => {
    const filter = formatPattern({ kind: "chat", space, sender: "*", channel: everyChannel });
    const { counts } = await storedSubjects(session, streamName.chat(space), filter);
    const posts = new Map<string, number>();
    for (const [subject, count] of counts) {
      const parsed = parseSubject(subject);
      if (parsed?.kind === "chat") posts.set(parsed.channel, (posts.get(parsed.channel) ?? 0) + count);
    }
    return posts;
  });
}
