import { flush, type Session } from "@cotal/session";
import type { ChannelPattern } from "@cotal/subjects";
import type { PastReader } from "./parts.ts";

export interface WatermarkDeps {
  readonly past: Pick<PastReader, "frontier">;
  /** Some channel that is listened to; `undefined` when there is none. */
  readonly anyChannel: () => ChannelPattern | undefined;
  /** Whether anything was heard since this was asked last. */
  readonly takeHeard: () => boolean;
  /** Everything up to here was seen on this session. */
  readonly onSeen: (seq: number) => void;
}

const refreshMs = 60_000;

/**
 * Learns up to where everything was heard. A live message does not say its sequence, so the frontier is read
 * now and then. A post may be stored, and so lie below the frontier, a moment before the broker has routed
 * it here; therefore a frontier counts only a refresh later, after a round trip: whatever was routed before
 * the broker answered that has arrived by then. While nothing is heard nothing is asked; what is then read
 * back twice is not handed over twice.
 */
export function followWatermark(session: Session, deps: WatermarkDeps): void {
  let candidate: number | undefined;
  session.scope.every(refreshMs, "watermark", async () => {
    if (candidate !== undefined) {
      const seen = candidate;
      candidate = undefined;
      await flush(session);
      deps.onSeen(seen);
    }
    const channel = deps.anyChannel();
    if (channel !== undefined && deps.takeHeard()) candidate = await deps.past.frontier(session, channel);
  });
}
