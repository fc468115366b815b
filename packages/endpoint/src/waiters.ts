import { onAbort } from "@cotal/session";

/** Those who wait for something to become so. */
export interface Waiters {
  /** Resolves as soon as it is so; rejects with the reason of the signal. */
  until(isSo: () => boolean, signal?: AbortSignal): Promise<void>;
  /** Something has changed: everybody looks again. */
  wake(): void;
}

export function createWaiters(): Waiters {
  const looks = new Set<() => void>();
  return {
    until: (isSo, signal) =>
      new Promise((resolve, reject) => {
        let forget: () => void = () => undefined;
        const look = (): void => {
          if (!isSo()) return;
          looks.delete(look);
          forget();
          resolve();
        };
        looks.add(look);
        if (signal) {
          forget = onAbort(signal, () => {
            looks.delete(look);
            reject(signal.reason);
          });
        }
        look();
      }),
    wake: () => {
      for (const look of [...looks]) look();
    },
  };
}
