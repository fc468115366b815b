import { spaceTable } from "@cotal/registries";
import { brokerError, requestApi, type Session } from "@cotal/session";
import { CotalError, formatSubject, isOwnerId, keySubject, streamName, type Token } from "@cotal/subjects";
import { PresenceDigest } from "@cotal/wire";
import { type BeatSight, newDigestState, nextDigest } from "./digest-state.ts";

export interface DigestOptions {
  readonly space: Token;
  /** Of the leadership in whose name it is told. */
  readonly epoch: number;
}

/** Tells everybody who beats, so that nobody else has to ask. */
export interface Digest {
  /** Looks once, and tells what is to be told. */
  tell(): Promise<void>;
}

export function createDigest(session: Session, { space, epoch }: DigestOptions): Digest {
  const { clock, connection } = session;
  const subject = formatSubject({ kind: "digest", space });
  let state = newDigestState(epoch);
  return {
    tell: async () => {
      const sight = await seeBeats(session, space);
      const [next, digest] = nextDigest(state, sight, clock.uptime());
      if (digest) connection.publish(subject, encode(digest));
      state = next;
    },
  };
}

interface StreamInfo {
  readonly created: string;
  /** The broker's time, so that no two clocks are compared. */
  readonly ts: string;
  readonly config: { readonly max_bytes: number; readonly num_replicas: 1 | 3 | 5 };
  readonly state: { readonly subjects?: Readonly<Record<string, number>> };
}

/** One question to the broker, whatever the number of peers. A bucket that the broker has forgotten is made again. */
async function seeBeats(session: Session, space: Token): Promise<BeatSight> {
  const beats = keySubject(space, "presence", "beat.x").slice(0, -1);
  const stream = streamName.registry(space, "presence");
  try {
    const info = await requestApi<StreamInfo>(session, `STREAM.INFO.${stream}`, {
      subjects_filter: `${beats}*`,
    });
    const keys = Object.keys(info.state.subjects ?? {}).map((subject) => subject.slice(beats.length));
    return { beating: keys.filter(isOwnerId), bucketAgeMs: Date.parse(info.ts) - Date.parse(info.created) };
  } catch (failure) {
    const error = brokerError(failure);
    if (error.code !== "stream-missing") throw error;
    await makeBucket(session, space, stream);
    return { beating: [], bucketAgeMs: 0 };
  }
}

/** As the set-up made it: its size is in the same proportion to that of CHAT. */
async function makeBucket(session: Session, space: Token, stream: string): Promise<void> {
  const chat = streamName.chat(space);
  const { config } = await requestApi<StreamInfo>(session, `STREAM.INFO.${chat}`);
  const rows = spaceTable({ space, shards: 1, mode: "auth", replicas: config.num_replicas });
  const [ofChat, row] = [chat, stream].map((name) => rows.find((spec) => spec.name === name)?.config);
  if (!ofChat || !row) throw new CotalError("internal", "the table of a space has no presence");
  const max_bytes = Math.floor(row.max_bytes * (config.max_bytes / ofChat.max_bytes));
  await requestApi(session, `STREAM.CREATE.${stream}`, { name: stream, ...row, max_bytes });
  session.log({ level: "info", event: "presence.made", fields: { stream } });
}

/** What readers would refuse is not told: there is no digest of more peers than one can hold. */
function encode(digest: PresenceDigest): string {
  if (PresenceDigest.safeParse(digest).success) return JSON.stringify(digest);
  const peers = digest.live.length + digest.gone.length;
  throw new CotalError("too-large", `a presence digest cannot hold ${peers} peers`, { data: { peers } });
}
