import { asChannel, CotalError } from "@cotal/subjects";
import type { Core } from "./core.ts";
import { requireWhole } from "./history.ts";
import type { PastReader, SpaceViews } from "./parts.ts";
import { type PastMessage, toPastMessage } from "./past-message.ts";

export interface Recalled {
  /** What others have said, oldest first. */
  readonly messages: readonly PastMessage[];
  /** Something may have been said that is not kept any more. */
  readonly gap: boolean;
  /** Up to here everything was read; what there is more comes with the next call from here on. */
  readonly upTo: number;
}

export interface RecallOptions {
  readonly signal?: AbortSignal | undefined;
}

/** What was said in a channel after a place in its stream. */
export type Recall = (channel: string, sinceSeq: number, options?: RecallOptions) => Promise<Recalled>;

const limit = 1_000;

export function createRecall(core: Core, past: PastReader, views: SpaceViews): Recall {
  return async (name, sinceSeq, { signal } = {}) => {
    const channel = asChannel(name);
    requireWhole("sinceSeq", sinceSeq, { least: 0, most: Number.MAX_SAFE_INTEGER });
    if (!views.channelConfig(channel).replay) throw noReplay(channel);
    signal?.throwIfAborted();
    const range = { name: "history", channel, after: sinceSeq, keep: "oldest", limit, own: false } as const;
    const { posts, missed, upTo } = await past.read(core.session(), { ...range, signal });
    return { messages: posts.map(toPastMessage), gap: missed, upTo };
  };
}

function noReplay(channel: string): CotalError {
  return new CotalError("no-replay", `the channel ${channel} is not read back`, {
    hint: "its configuration has replay off; whoever configures the channel can change that",
    data: { channel },
  });
}
