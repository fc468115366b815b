import type { Clock } from "@cotal/session";

/** One moment of which somebody wants to be told. */
export interface Alarm {
  /** Puts it to another moment of the uptime, or to none. */
  set(at: number | undefined): void;
}

export function createAlarm(clock: Clock, ring: () => void): Alarm {
  let wanted: number | undefined;
  let cancel: () => void = () => undefined;
  return {
    set: (at) => {
      if (at === wanted) return;
      wanted = at;
      cancel();
      if (at === undefined) return;
      cancel = clock.after(Math.max(0, at - clock.uptime()), () => {
        wanted = undefined;
        ring();
      });
    },
  };
}
