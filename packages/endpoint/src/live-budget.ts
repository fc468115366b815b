/** How much that came live may wait for a receiver. What came by a queue is bounded there. */
export interface LiveLimits {
  readonly maxLiveMessages: number;
  readonly maxLiveBytes: number;
}

/**
 * Room for live messages. Once one did not fit, none is let in until half of the room is free, so that
 * what is lost is one stretch; then `onGap` is called once for each channel that lost something.
 */
export interface LiveBudget {
  /** Takes room for a message; `false` when there is none, and the message is counted as lost. One alone always fits. */
  admit(channel: string, bytes: number): boolean;
  /** Gives the room of a message back. */
  release(bytes: number): void;
}

/** More channels than this are not told apart; what is lost in the others is told under `>`. */
const maxChannels = 1_000;

export function createLiveBudget(
  { maxLiveMessages, maxLiveBytes }: LiveLimits,
  onGap: (channel: string, count: number) => void,
): LiveBudget {
  let messages = 0;
  let size = 0;
  let lost = new Map<string, number>();

  const lose = (channel: string): void => {
    const name = lost.has(channel) || lost.size < maxChannels ? channel : ">";
    lost.set(name, (lost.get(name) ?? 0) + 1);
  };

  return {
    admit: (channel, bytes) => {
      const full = messages >= maxLiveMessages || size + bytes > maxLiveBytes;
      if (lost.size > 0 || (full && messages > 0)) {
        lose(channel);
        return false;
      }
      messages++;
      size += bytes;
      return true;
    },
    release: (bytes) => {
      messages--;
      size -= bytes;
      if (lost.size === 0 || messages > maxLiveMessages / 2 || size > maxLiveBytes / 2) return;
      const told = lost;
      lost = new Map();
      for (const [channel, count] of told) onGap(channel, count);
    },
  };
}
