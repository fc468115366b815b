import { openLink } from "@cotal/harness";
import { type Capability, requestApi, type Session } from "@cotal/session";
import { formatSubject, keySubject, streamName } from "@cotal/subjects";
import type { PresenceDigest } from "@cotal/wire";
import { type ClosedSpace, space } from "./space.ts";

const stream = streamName.registry(space, "presence");
/** Below it stand the beats. */
const beats = keySubject(space, "presence", "beat.x").slice(0, -1);
/** How long beats last, and a bucket does not know yet who is missing. */
const windowMs = 30_000;
const tellMs = 250;

interface BucketInfo {
  readonly created: string;
  readonly ts: string;
  readonly state: { readonly subjects?: Readonly<Record<string, number>> };
}

/** Tells everybody who beats, as the leader of delivery does, only more often. It outlives the broker. */
export async function startLeader({ fixture }: ClosedSpace): Promise<AsyncDisposable> {
  const { url } = fixture.broker;
  const eyes = openLink(url, { as: fixture.mint({ profile: "setup", name: "eyes" }) });
  const tell = async (session: Session): Promise<void> => {
    const seen = eyes.session && (await look(eyes.session));
    if (!seen) return;
    const digest: PresenceDigest = { v: 1, epoch: 1, version: ++version, full: true, live: seen, gone: [] };
    session.connection.publish(formatSubject({ kind: "digest", space }), JSON.stringify(digest));
  };
  let version = 0;
  const telling: Capability = {
    name: "digest",
    required: true,
    attach: async (session) => session.scope.every(tellMs, "digest", () => tell(session)),
    health: () => ({ kind: "ok" }),
  };
  const voice = openLink(url, {
    as: fixture.mint({ profile: "delivery", name: "voice" }),
    capabilities: [telling],
  });
  await Promise.all([eyes.start(), voice.start()]);
  return {
    [Symbol.asyncDispose]: async () => {
      await Promise.all([eyes.stop(), voice.stop()]);
    },
  };
}

/** Who beats; `undefined` while the bucket is too young to tell. */
async function look(session: Session): Promise<string[] | undefined> {
  const { created, ts, state } = await requestApi<BucketInfo>(session, `STREAM.INFO.${stream}`, {
    subjects_filter: `${beats}*`,
  });
  if (Date.parse(ts) - Date.parse(created) < windowMs) return undefined;
  return Object.keys(state.subjects ?? {}).map((subject) => subject.slice(beats.length));
}
