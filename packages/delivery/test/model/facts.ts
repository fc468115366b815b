/**
 * What happened in one history, or in it while CHAT was one and the same, as somebody saw it who stands outside: the orders and their answers, the posts that
 * CHAT holds, and what each owner was handed out. Owners, channels and patterns are plain names here.
 */
export type Fact =
  /** The owner may read these channels from now on; `undefined`: what it may read cannot be told. */
  | (Mark & {
      readonly kind: "rights";
      readonly owner: string;
      readonly channels: readonly string[] | undefined;
      /** The leader has answered that it is carried out. */
      readonly settled: boolean;
    })
  /** The leader has answered that what the record says is carried out. */
  | (Mark & { readonly kind: "settled"; readonly owner: string })
  | (Mark & { readonly kind: "join"; readonly since: number; readonly answered: boolean } & Tie)
  | (Mark & { readonly kind: "leave"; readonly answered: boolean } & Tie)
  /** What it still has is taken away; `answered` that it is. */
  | (Mark & { readonly kind: "retired"; readonly owner: string; readonly answered: boolean })
  | (Mark & { readonly kind: "receipt"; readonly owner: string; readonly item: Item });

interface Mark {
  /** The last post that CHAT held at that moment. */
  readonly frontier: number;
}

interface Tie {
  readonly owner: string;
  readonly channel: string;
}

/** What an owner was handed out, with its place in the stream of its shard. */
export type Item =
  | {
      readonly kind: "copy";
      readonly at: number;
      readonly seq: number;
      readonly channel: string;
      readonly generation: number;
      readonly reason: "member" | "mention" | "replay";
      /** What the post says; no two posts say the same. */
      readonly text: string;
    }
  | {
      readonly kind: "gap";
      readonly at: number;
      readonly channel: string;
      readonly fromSeq: number;
      readonly toSeq: number;
    };

export interface PostFact {
  readonly seq: number;
  readonly text: string;
  readonly sender: string;
  readonly channel: string;
  readonly mentions: readonly string[];
}

export interface History {
  readonly facts: readonly Fact[];
  readonly posts: readonly PostFact[];
  /** The channels whose members have copies of every post. */
  readonly durable: readonly string[];
  /** Something happened that may take posts before they are handed out: then a gap tells of them. */
  readonly losses: boolean;
  /** CHAT has lost what stood above; of that nobody has to get anything. */
  readonly lostAbove?: number;
}
