/** Runs once when the signal is aborted, at once when it already is. The answer takes that back. */
export function onAbort(signal: AbortSignal, run: () => void): () => void {
  if (signal.aborted) {
    run();
    return () => undefined;
  }
  signal.addEventListener("abort", run, { once: true });
  return () => signal.removeEventListener("abort", run);
}

/** The promise, or a rejection with the reason of the signal. The promise is left to itself then. */
export function unlessAborted<T>(
  promise: Promise<T>,
  ...signals: readonly (AbortSignal | undefined)[]
): Promise<T> {
  return new Promise((resolve, reject) => {
    const stops = signals.map((signal) => signal && onAbort(signal, () => reject(signal.reason)));
    const forget = (): void => {
      for (const stop of stops) stop?.();
    };
    promise.finally(forget).then(resolve, reject);
  });
}
