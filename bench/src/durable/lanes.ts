/** Runs tasks, so many at once, in the order in which they come. */
export interface Lanes {
  run<Result>(task: () => Promise<Result>): Promise<Result>;
}

export function createLanes(count: number): Lanes {
  let free = count;
  const waiting: (() => void)[] = [];
  return {
    run: async (task) => {
      if (free > 0) free--;
      else await new Promise<void>((resolve) => waiting.push(resolve));
      try {
        return await task();
      } finally {
        const next = waiting.shift();
        if (next) next();
        else free++;
      }
    },
  };
}
