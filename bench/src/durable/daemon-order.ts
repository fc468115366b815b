import type { Token } from "@cotal/subjects";

export interface DaemonOrder {
  readonly url: string;
  readonly id: string;
  readonly creds: string;
  readonly apiRoot: string;
  readonly space: string;
  readonly shards: number;
  /** Under what each store takes its writes. */
  readonly ingest: Readonly<Record<string, Token>>;
}
