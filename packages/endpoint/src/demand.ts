/** Whether somebody receives, and how many messages at once. Queues are pulled from only then. */
export interface Demand {
  /** Absent while nobody receives. */
  readonly concurrency: number | undefined;
  /** Resolves once all who follow have adapted. */
  change(concurrency: number | undefined): Promise<void>;
  /** Calls back on each later change; the answer stops that. */
  follow(follower: () => Promise<void>): () => void;
}

export function createDemand(): Demand {
  const followers = new Set<() => Promise<void>>();
  let current: number | undefined;
  return {
    get concurrency() {
      return current;
    },
    change: async (concurrency) => {
      current = concurrency;
      await Promise.all([...followers].map((follower) => follower()));
    },
    follow: (follower) => {
      followers.add(follower);
      return () => followers.delete(follower);
    },
  };
}
