import { createInTurn, type InTurn } from "./in-turn.ts";

/** Runs the tasks of one key one after the other. */
export type KeyedTurns = <T>(key: string, task: () => Promise<T>) => Promise<T>;

export function createKeyedTurns(): KeyedTurns {
  const lines = new Map<string, { readonly inTurn: InTurn; waiting: number }>();
  return async (key, task) => {
    const line = lines.get(key) ?? { inTurn: createInTurn(), waiting: 0 };
    lines.set(key, line);
    line.waiting++;
    try {
      return await line.inTurn(task);
    } finally {
      if (--line.waiting === 0) lines.delete(key);
    }
  };
}
