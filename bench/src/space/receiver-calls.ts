import type { EndpointOptions } from "@cotal/endpoint";
import type { RawAccess } from "./raw-access.ts";
import type { Arrivals } from "./tally.ts";

/** What the process of the receivers can be asked to do; each call takes one argument. */
export interface ReceiverCalls {
  /** Connects both receivers; resolves once nothing that is sent would be missed. */
  open(order: ReceiverOrder): Promise<void>;
  expect(order: { readonly side: SideName; readonly count: number }): Promise<void>;
  /** How the messages that were announced last came. */
  arrived(side: SideName): Promise<Arrivals>;
}

export type SideName = "ours" | "raw";

export interface ReceiverOrder {
  readonly endpoint: EndpointOptions;
  readonly raw: RawAccess;
  readonly from: RawSource;
}

/** Where the raw receiver gets its messages. */
export type RawSource =
  | { readonly kind: "subject"; readonly subject: string }
  | { readonly kind: "queue"; readonly stream: string; readonly consumer: string };
