import type { EndpointOptions } from "@cotal/endpoint";
import type { RawAccess } from "../space/raw-access.ts";
import type { SideName } from "../space/receiver-calls.ts";
import type { Arrivals } from "../space/tally.ts";

/** What the process of many receivers can be asked to do. */
export interface CrowdCalls {
  /** Connects members, one after the other; resolves when each holds its membership. */
  gather(members: readonly EndpointOptions[]): Promise<void>;
  /** Connects bare clients that take from a consumer each. */
  gatherRaw(order: RawCrowd): Promise<void>;
  /** How many messages all of a side get together. */
  expect(order: { readonly side: SideName; readonly count: number }): Promise<void>;
  arrived(side: SideName): Promise<Arrivals>;
  /** Disconnects all of a side. */
  part(side: SideName): Promise<void>;
}

export interface RawCrowd {
  readonly access: RawAccess;
  readonly stream: string;
  readonly consumers: readonly string[];
}
