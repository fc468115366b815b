import type { OwnerId } from "@cotal/subjects";
import type { Quota } from "../../src/core/quota.ts";
import type { Orders } from "./leader.ts";
import type { Secrets } from "./secrets.ts";

/** What a leader in a process of its own is told. */
export type LeaderCall =
  | ({ readonly kind: "begin" } & Beginning)
  /** It kills its process where it passes this point. */
  | { readonly kind: "arm"; readonly point: string }
  | { readonly kind: "disarm" }
  | { readonly kind: "redial" }
  | { readonly kind: "excuse" }
  | ({ readonly kind: "ask"; readonly n: number } & LeaderQuestion);

export interface Beginning {
  readonly url: string;
  readonly id: OwnerId;
  readonly creds: string;
  readonly apiRoot: string;
  readonly ingest: Secrets;
  readonly quota: Quota;
  /** Its epochs lie above this one. */
  readonly epoch: number;
}

export type LeaderQuestion =
  | { readonly op: "ready"; readonly shard: number }
  | { readonly op: "position"; readonly shard: number }
  | { readonly op: keyof Orders; readonly shard: number; readonly args: readonly unknown[] };

/** What it says. */
export type LeaderWord =
  | { readonly kind: "answer"; readonly n: number; readonly value: unknown }
  | { readonly kind: "failure"; readonly n: number; readonly code: string; readonly message: string }
  | { readonly kind: "complaint"; readonly what: string };
