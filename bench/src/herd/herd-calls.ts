import type { EndpointOptions } from "@cotal/endpoint";
import type { RawAccess } from "../space/raw-access.ts";

/** What a process of many peers can be asked to do. */
export interface HerdCalls {
  /** Connects them; resolves when all are live. */
  gather(members: readonly EndpointOptions[]): Promise<void>;
  /** Resolves when every roster shows so many peers alive, all by what they said since that moment. */
  complete(order: { readonly peers: number; readonly since: number }): Promise<void>;
  /** Resolves when each has handled a message, and says how many messages each has. */
  handled(): Promise<readonly number[]>;
  /** Connects so many bare clients. */
  gatherRaw(order: { readonly access: RawAccess; readonly count: number }): Promise<void>;
  /** Disconnects all. */
  part(): Promise<void>;
}
