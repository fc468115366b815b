import type { Channel, OwnerId, Token } from "@cotal/subjects";

/** A receiving path, by what it may bring. An entry that arrives elsewhere was thrown there by somebody. */
export type Route =
  /** Live subscription, history or the engine's reader: a channel that `covers` accepts. */
  | { readonly kind: "channel"; readonly space: Token; readonly covers: (channel: Channel) => boolean }
  /** The queue of one peer; `*` for those who may watch all. */
  | { readonly kind: "dm"; readonly space: Token; readonly owner: OwnerId | "*" }
  /** The queue of one role; `*` for those who may watch all. */
  | { readonly kind: "anycast"; readonly space: Token; readonly role: Token | "*" }
  /** The durable copies of one owner. */
  | { readonly kind: "backstop"; readonly space: Token; readonly owner: OwnerId };

/** Where a service takes its requests. */
export interface ServiceRoute {
  readonly space: Token;
  readonly service: Token;
}
