import type { Desk } from "./intake.ts";

/** Somebody who receives, from the first message to the end. */
export interface Reception {
  /** Aborted when the receiver is asked to come to an end. */
  readonly signal: AbortSignal;
  ask(): void;
  /** Says that the end has come; again is harmless. */
  end(): Promise<void>;
  readonly ended: Promise<void>;
}

export function createReception(
  desk: Pick<Desk, "interrupt">,
  release: () => void | Promise<void>,
): Reception {
  const asked = new AbortController();
  let tell: (released: Promise<void>) => void = () => undefined;
  const ended = new Promise<void>((resolve) => {
    tell = resolve;
  });
  let releasing: Promise<void> | undefined;
  const ask = (): void => {
    asked.abort();
    desk.interrupt();
  };
  return {
    signal: asked.signal,
    ask,
    end: () => {
      if (!releasing) {
        ask();
        releasing = Promise.resolve(release());
        tell(releasing);
      }
      return releasing;
    },
    ended,
  };
}
