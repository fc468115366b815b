/** Carries values from a callback to one loop, in order. Its producer bounds how many can be inside. */
export interface Mailbox<T> {
  put(value: T): void;
  /** Ends the loop with this error, after what was put before it. */
  fail(error: unknown): void;
  /** The next value, as soon as there is one. */
  take(): Promise<T>;
}

export function createMailbox<T>(): Mailbox<T> {
  const values: T[] = [];
  let failure: { readonly error: unknown } | undefined;
  let wake: () => void = () => undefined;
  return {
    put: (value) => {
      values.push(value);
      wake();
    },
    fail: (error) => {
      failure ??= { error };
      wake();
    },
    take: async () => {
      for (;;) {
        const [value] = values.splice(0, 1);
        if (value !== undefined) return value;
        if (failure) throw failure.error;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}
