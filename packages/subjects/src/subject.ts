import type { Channel, ChannelPattern } from "./channel.ts";
import type { OwnerId, Token } from "./token.ts";

/** Where in a channel's place something stands that concerns an owner and no channel. No channel is called so. */
export const directLane = "=direct";
export type DirectLane = typeof directLane;

/** What the delivery engine stores; it is written through the secret ingest of its shard. */
export type StoredSubject =
  | {
      readonly kind: "dlv";
      readonly space: Token;
      readonly owner: OwnerId;
      readonly channel: Channel | DirectLane;
    }
  | { readonly kind: "dinbox"; readonly space: Token; readonly owner: OwnerId }
  | { readonly kind: "ckpt"; readonly space: Token; readonly shard: number };

/** Every subject of the project, taken apart. `parseSubject` and `formatSubject` are exact inverses. */
export type Subject =
  | { readonly kind: "chat"; readonly space: Token; readonly sender: OwnerId; readonly channel: Channel }
  | { readonly kind: "inst"; readonly space: Token; readonly target: OwnerId; readonly sender: OwnerId }
  | { readonly kind: "svc"; readonly space: Token; readonly role: Token; readonly sender: OwnerId }
  | { readonly kind: "ctl"; readonly space: Token; readonly service: Token; readonly sender: OwnerId }
  | {
      readonly kind: "reply";
      readonly space: Token;
      readonly service: Token;
      readonly sender: OwnerId;
      readonly nonce: Token;
    }
  | { readonly kind: "digest"; readonly space: Token }
  | StoredSubject
  | {
      readonly kind: "ingest";
      readonly secret: Token;
      readonly shard: number;
      readonly stored: StoredSubject;
    };

/**
 * A subject with parts left open, as a subscription or a right names it: `*` for one part, a
 * pattern for the channel. The space is never open.
 */
export type SubjectPattern = Opened<Subject>;

type Opened<S> = S extends unknown
  ? { readonly [K in keyof S]: K extends "space" ? S[K] : OpenPart<S[K]> }
  : never;

type OpenPart<P> = P extends Channel
  ? ChannelPattern
  : P extends Token | OwnerId | number
    ? P | "*"
    : P extends StoredSubject
      ? Opened<P>
      : P;
