import type { OwnerId } from "@cotal/subjects";
import type { Quota } from "../../src/core/quota.ts";
import type { TrapOrder } from "./leader.ts";
import type { Secrets } from "./secrets.ts";

/** What a daemon in a process of its own is told. */
export type DaemonCall =
  | ({ readonly kind: "begin" } & DaemonBeginning)
  /** It stops where it passes this point: it stands still, or kills itself. */
  | ({ readonly kind: "arm" } & TrapOrder)
  | { readonly kind: "disarm" }
  /** Goes on, and says so. */
  | { readonly kind: "wake"; readonly n: number }
  | { readonly kind: "redial" }
  /** Gives up its leads in order, and ends. */
  | { readonly kind: "stop" };

export interface DaemonBeginning {
  readonly url: string;
  readonly holder: string;
  readonly id: OwnerId;
  readonly creds: string;
  readonly apiRoot: string;
  readonly ingest: Secrets;
  readonly quota: Quota;
}

/** What it says. */
export type DaemonWord =
  | { readonly kind: "leads" | "lost"; readonly shard: number }
  /** From here on it stands still. */
  | { readonly kind: "still" }
  | { readonly kind: "awake"; readonly n: number }
  | { readonly kind: "complaint"; readonly code: string; readonly message: string };
