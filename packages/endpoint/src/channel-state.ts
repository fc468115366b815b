import type { CotalError } from "@cotal/subjects";
import type { DeliveryClass } from "@cotal/wire";

/** Whether posts of a channel are kept for this peer while it is away. */
export type Durability = "held" | "pending" | "unavailable" | "closing" | "not-durable";

export interface ChannelState {
  readonly channel: string;
  /** The broker has confirmed the subscription of the present connection. */
  readonly live: boolean;
  readonly durable: Durability;
  /** Why it is not held: `open-space`, `mode`, `pattern`, `live-class`, `no-backstop`, or the code of a failure. */
  readonly reason?: string | undefined;
  readonly generation?: number | undefined;
  /** What is stored for this peer now comes at once: it is held, and the delivery service is there. */
  readonly active: boolean;
  /** Absent while the configuration of the channel is unknown. */
  readonly class?: DeliveryClass | undefined;
  /** Up to here everything of the channel stream was seen. */
  readonly watermark?: number | undefined;
}

export interface ChannelEvent {
  readonly kind: "joined" | "left" | "refused" | "durability";
  readonly channel: string;
  readonly state?: ChannelState | undefined;
  /** Why it was refused. */
  readonly error?: CotalError | undefined;
}

export interface JoinResult {
  readonly joined: boolean;
  readonly backfill: { readonly count: number; readonly error?: CotalError | undefined };
  readonly durable: Durability;
  readonly reason?: string | undefined;
  readonly generation?: number | undefined;
}
