import { type AclRecord, known, type Lookup, type MemberRecord } from "@cotal/registries";
import { requestApi, type Session } from "@cotal/session";
import {
  type Channel,
  CotalError,
  channelInAllow,
  formatPattern,
  type OwnerId,
  parseSubject,
  streamName,
  type Token,
} from "@cotal/subjects";
import type { ChannelConfig } from "@cotal/wire";
import { readStored } from "./stored-message.ts";

/** What the leader of a shard knows of the whole space. */
export interface SpaceKnowledge {
  acl(owner: OwnerId): Lookup<AclRecord>;
  /** Of all shards; those that have ended among them. */
  members(): Iterable<MemberRecord>;
  /** What is set for channels, one by one. */
  configs(): Iterable<readonly [Channel, ChannelConfig]>;
}

export interface ListedMember {
  readonly id: OwnerId;
  readonly activated: boolean;
}

/** A channel that is configured, that has members, or of which posts are stored. */
export interface ListedChannel {
  readonly channel: Channel;
  readonly posts: number;
  readonly lastSeq: number;
  readonly members: number;
  readonly config?: ChannelConfig;
}

/** Tells peers of the channels that they may read, and of no others. */
export interface Channels {
  members(asker: OwnerId, channel: Channel): readonly ListedMember[];
  list(asker: OwnerId): Promise<readonly ListedChannel[]>;
}

export interface ChannelsOptions {
  readonly session: Session;
  readonly space: Token;
  readonly knowledge: SpaceKnowledge;
}

export function createChannels({ session, space, knowledge }: ChannelsOptions): Channels {
  const storedPosts = rarely(session, () => readPosts(session, space));
  const mayRead = (asker: OwnerId): ((channel: Channel) => boolean) => {
    const standing = known(knowledge.acl(asker));
    if (standing.kind === "absent") throw aclUnknown(asker);
    const { allowSubscribe } = standing.value;
    return (channel) => channelInAllow(allowSubscribe, channel);
  };
  return {
    members: (asker, channel) => {
      if (!mayRead(asker)(channel)) throw notReadable(channel);
      return [...current(knowledge)]
        .filter((row) => row.channel === channel)
        .map(({ owner, activated }) => ({ id: owner, activated }));
    },
    list: async (asker) => {
      const isReadable = mayRead(asker);
      const posts = await storedPosts();
      const members = countBy(current(knowledge), ({ channel }) => channel);
      const configs = new Map(knowledge.configs());
      const names = new Set([...posts.keys(), ...members.keys(), ...configs.keys()]);
      const readable = [...names].filter(isReadable).sort();
      if (readable.length > maxListed) throw tooMany(readable.length);
      const rows: ListedChannel[] = [];
      for (const channel of readable) {
        const config = configs.get(channel);
        const stored = posts.get(channel) ?? 0;
        rows.push({
          channel,
          posts: stored,
          lastSeq: stored === 0 ? 0 : await lastSeqOf(session, space, channel),
          members: members.get(channel) ?? 0,
          ...(config && { config }),
        });
      }
      return rows;
    },
  };
}

function* current(knowledge: SpaceKnowledge): Iterable<MemberRecord> {
  for (const row of knowledge.members()) if (row.state !== "left") yield row;
}

/** Many that ask at once, or again within a moment, share one answer: the broker counts all subjects for it. */
function rarely<T>({ clock }: Session, read: () => Promise<T>): () => Promise<T> {
  let latest: { readonly until: number; readonly answer: Promise<T> } | undefined;
  return () => {
    if (latest === undefined || clock.uptime() >= latest.until) {
      latest = { until: clock.uptime() + freshMs, answer: read() };
    }
    return latest.answer;
  };
}

const freshMs = 1_000;
/** What fits into an answer, and can be looked up while somebody waits for it. */
const maxListed = 2_000;

interface SubjectsPage {
  readonly total?: number;
  readonly limit?: number;
  readonly state: { readonly subjects?: Readonly<Record<string, number>> };
}

/** How many posts are stored of each channel. */
async function readPosts(session: Session, space: Token): Promise<ReadonlyMap<Channel, number>> {
  const stream = streamName.chat(space);
  const posts = new Map<Channel, number>();
  for (let offset = 0, total = 1; offset < total; ) {
    const page = await requestApi<SubjectsPage>(session, `STREAM.INFO.${stream}`, {
      subjects_filter: ">",
      offset,
    });
    const subjects = Object.entries(page.state.subjects ?? {});
    for (const [subject, count] of subjects) {
      const parsed = parseSubject(subject);
      if (parsed?.kind === "chat") posts.set(parsed.channel, (posts.get(parsed.channel) ?? 0) + count);
    }
    if (subjects.length === 0) break;
    offset += subjects.length;
    total = page.total ?? 0;
  }
  return posts;
}

/** 0 when retention took the last one meanwhile. */
async function lastSeqOf(session: Session, space: Token, channel: Channel): Promise<number> {
  const last_by_subj = formatPattern({ kind: "chat", space, sender: "*", channel });
  const last = await readStored(session, streamName.chat(space), { last_by_subj });
  return last?.seq ?? 0;
}

function countBy<Row, Key>(rows: Iterable<Row>, keyOf: (row: Row) => Key): Map<Key, number> {
  const counts = new Map<Key, number>();
  for (const row of rows) counts.set(keyOf(row), (counts.get(keyOf(row)) ?? 0) + 1);
  return counts;
}

function tooMany(count: number): CotalError {
  return new CotalError("too-large", `${count} channels are more than one answer lists`, {
    hint: `name the channel that you want to know of; at most ${maxListed} are listed`,
    data: { count, limit: maxListed },
  });
}

function aclUnknown(owner: OwnerId): CotalError {
  return new CotalError("acl-unknown", `it is not known what ${owner} may read`, {
    hint: "try again; if that does not help, have the peer provisioned",
    data: { owner },
  });
}

function notReadable(channel: Channel): CotalError {
  return new CotalError("not-allowed", `${channel} is outside of what you may read`, {
    hint: "ask for the right to read it",
    data: { channel },
  });
}
