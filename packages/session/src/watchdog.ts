import type { Clock } from "./clock.ts";

/** Notices silence. Feeding it is cheap: one timer runs however often it is fed. */
export interface Watchdog {
  /** Something was heard; from now on silence counts again. */
  feed(): void;
  /** Nothing is expected any more, until it is fed again. */
  rest(): void;
}

export function createWatchdog(clock: Clock, silenceMs: number, onSilence: () => void): Watchdog {
  let heardAt = 0;
  let watching = false;
  let cancel: (() => void) | undefined;

  const look = (): void => {
    cancel = undefined;
    if (!watching) return;
    const left = heardAt + silenceMs - clock.uptime();
    if (left > 0) cancel = clock.after(left, look);
    else {
      watching = false;
      onSilence();
    }
  };

  return {
    feed: () => {
      heardAt = clock.uptime();
      watching = true;
      cancel ??= clock.after(silenceMs, look);
    },
    rest: () => {
      watching = false;
      cancel?.();
      cancel = undefined;
    },
  };
}
