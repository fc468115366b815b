import { requestApi, type Session } from "@cotal/session";
import { keySubject, type OwnerId, registryKey, streamName, type Token } from "@cotal/subjects";
import type { PresenceDigest } from "@cotal/wire";
import { windowMs } from "./heard.ts";

/** Samples are older than what any leader says. */
const epoch = 0;

interface BucketInfo {
  readonly created: string;
  /** The broker's time, so that no two clocks are compared. */
  readonly ts: string;
  readonly state: { readonly subjects?: Readonly<Record<string, number>> };
}

/**
 * Who beats, asked of the broker itself: one question, whatever the number of peers. Only in an open
 * space everybody may ask it. A bucket that was just made does not know yet: `undefined`.
 */
export async function sampleBeats(
  session: Session,
  { space, id, version }: { readonly space: Token; readonly id: OwnerId; readonly version: number },
): Promise<PresenceDigest | undefined> {
  const beats = keySubject(space, "presence", registryKey.beat(id)).slice(0, -id.length);
  const { created, ts, state } = await requestApi<BucketInfo>(
    session,
    `STREAM.INFO.${streamName.registry(space, "presence")}`,
    { subjects_filter: `${beats}*` },
  );
  if (Date.parse(ts) - Date.parse(created) < windowMs) return undefined;
  const live = Object.keys(state.subjects ?? {}).map((subject) => subject.slice(beats.length));
  return { v: 1, epoch, version, full: true, live, gone: [] };
}
