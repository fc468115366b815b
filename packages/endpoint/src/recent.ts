/** Remembers the newest `limit` of what it was told; for what may be forgotten at a price. */
export interface Recent<Value> {
  get(key: string): Value | undefined;
  /** Makes it the newest. */
  set(key: string, value: Value): void;
  readonly size: number;
}

export function createRecent<Value>(limit: number): Recent<Value> {
  const values = new Map<string, Value>();
  // It goes on behind what it gave before, and what it gave is deleted: so its next is always the oldest.
  const oldest = values.keys();
  return {
    get: (key) => values.get(key),
    set: (key, value) => {
      values.delete(key);
      values.set(key, value);
      if (values.size <= limit) return;
      const { value: first } = oldest.next();
      if (first !== undefined) values.delete(first);
    },
    get size() {
      return values.size;
    },
  };
}
