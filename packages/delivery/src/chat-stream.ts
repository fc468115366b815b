import { requestApi, type Session } from "@cotal/session";
import { type Channel, formatPattern, streamName, type Token } from "@cotal/subjects";
import { anyChannel } from "./shard-place.ts";
import { readStored, type StoredMessage } from "./stored-message.ts";

/** What CHAT holds now. */
export interface ChatBounds {
  /** When it was made, as the broker writes it. */
  readonly created: string;
  /** One above `lastSeq` when it is empty. */
  readonly firstSeq: number;
  readonly lastSeq: number;
}

/** The posts of a space, read one by one; the reader that feeds the shards reads them in a row. */
export interface ChatStream {
  bounds(): Promise<ChatBounds>;
  /** The post in this place, unless it is gone. */
  at(seq: number): Promise<StoredMessage | undefined>;
  /** The first post from this place on, of one channel or of any. */
  from(seq: number, channel?: Channel): Promise<StoredMessage | undefined>;
}

interface StreamInfo {
  readonly created: string;
  readonly state: { readonly first_seq: number; readonly last_seq: number };
}

export function chatStream(session: Session, space: Token): ChatStream {
  const stream = streamName.chat(space);
  return {
    bounds: async () => {
      const { created, state } = await requestApi<StreamInfo>(session, `STREAM.INFO.${stream}`);
      // A stream that never held anything says 0.
      return { created, firstSeq: Math.max(1, state.first_seq), lastSeq: state.last_seq };
    },
    at: (seq) => readStored(session, stream, { seq }),
    from: (seq, channel) => {
      const next_by_subj = formatPattern({
        kind: "chat",
        space,
        sender: "*",
        channel: channel ?? anyChannel,
      });
      return readStored(session, stream, { next_by_subj, seq });
    },
  };
}
