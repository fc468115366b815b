import { onAbort } from "@cotal/session";

/** Like `onAbort`, for many at one signal: it gets one listener only, however many there are. */
export function createAbortGroup(): (signal: AbortSignal, run: () => void) => () => void {
  const groups = new WeakMap<AbortSignal, Set<() => void>>();
  return (signal, run) => {
    const group = groups.get(signal) ?? new Set();
    group.add(run);
    if (!groups.has(signal)) {
      groups.set(signal, group);
      onAbort(signal, () => {
        for (const one of group) one();
      });
    }
    return () => group.delete(run);
  };
}
