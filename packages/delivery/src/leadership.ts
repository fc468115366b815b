/** The lead of one shard, from the lease that was taken to the moment at which it is lost or given up. */
export interface Leadership {
  readonly shard: number;
  /** Which daemon leads; no two are the same. */
  readonly holder: string;
  /** Of the lease; each later leadership of the shard has a higher one. */
  readonly epoch: number;
  /** Ends as soon as the lease is in doubt: nothing is read, committed or answered from then on. */
  readonly signal: AbortSignal;
  /** Says in the lease that the shard is served now. */
  ready(): Promise<void>;
}
