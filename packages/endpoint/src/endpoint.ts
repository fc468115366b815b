import type { Operation } from "@cotal/session";
import type { Attention, ChannelMode, PeerRef, Resolution, Status } from "@cotal/wire";
import type { ChannelSummary, Member } from "./channel-listing.ts";
import type { JoinResult } from "./channel-state.ts";
import type { WaitOptions } from "./channels.ts";
import type { Delivery } from "./delivery.ts";
import type { EndpointState, EventMap } from "./events.ts";
import type { EndpointHealth } from "./health.ts";
import type { History } from "./history.ts";
import type { MembershipReport } from "./membership-feed.ts";
import type { RequestOptions } from "./parts.ts";
import type { Recall } from "./recall.ts";
import type { HandleOptions, Handler, ReceiveOptions, Receiving } from "./receiver.ts";
import type { RosterEntry, RosterFreshness } from "./roster-entry.ts";
import type { Receipt, SendOptions } from "./sending.ts";

/** A program as a peer of a space. Made by `connectEndpoint`. */
export interface Endpoint extends AsyncDisposable {
  /** Who I am. */
  readonly ref: PeerRef;
  readonly state: EndpointState;
  /** Calls back for each later event; the answer stops that. Nothing depends on a listener being there. */
  on<Name extends keyof EventMap>(name: Name, listener: (event: EventMap[Name]) => void): () => void;
  /** How everything is at this moment. */
  health(): EndpointHealth;

  /** Sends one message. The receipt says that it is stored, not that anybody has seen it. */
  send(options: SendOptions): Promise<Receipt>;
  /** What arrives, by all ways, as one stream without duplicates. */
  messages(options?: ReceiveOptions): AsyncIterableIterator<Delivery, undefined>;
  /** The same, handed to a function that decides by its result what becomes of each. */
  onMessage(handler: Handler, options?: HandleOptions): Receiving;

  /** Rejects with `not-allowed` when the broker refuses; nothing is joined then. */
  join(channel: string, options?: WaitOptions): Promise<JoinResult>;
  /** Rejects when a membership cannot be ended now; the channel is still joined then. */
  leave(channel: string): Promise<{ readonly left: boolean }>;
  joined(): readonly string[];
  /** The channels of the space, as far as the delivery service may tell, and how I am in mine. */
  channels(): Promise<readonly ChannelSummary[]>;
  members(channel: string): Promise<readonly Member[]>;
  /** What was said in a channel, oldest first. */
  history: History;
  /** What others said after a place in the stream of the channel. */
  recall: Recall;

  /** Who is there, and how far that can be relied on. */
  roster(): readonly RosterEntry[];
  rosterFreshness(): RosterFreshness;
  /** Whom a name or an id means. */
  resolve(target: string): Resolution;
  setStatus(status: Exclude<Status, "offline">): Promise<void>;
  setActivity(activity: string | undefined): Promise<void>;
  setAttention(attention: Attention): Promise<void>;
  setChannelMode(channel: string, mode: ChannelMode | undefined): Promise<void>;

  /** Asks a service, and gives the data of its answer. */
  request(service: string, op: string, args?: unknown, options?: RequestOptions): Promise<unknown>;
  /** Answers for a service, over each later connection as well. The answer ends that. */
  serve(service: string, operations: Readonly<Record<string, Operation>>): Promise<() => Promise<void>>;

  /** Who is in which channel, as the feed shows it to observers and operators. */
  membership(): MembershipReport;
  onMembership(listener: () => void): () => void;

  /** Dials anew at once. */
  reconnect(): Promise<void>;
  /** Says goodbye, waits for running handlers within bounds, and leaves nothing behind. */
  stop(): Promise<void>;
}
