/** Counts the entries of one pull: those that were asked for and those that the receiver holds. */
export interface Window {
  /**
   * How many to ask for at this moment; from then on they count. While some are on their way, 0 until
   * half the window is free.
   */
  claim(): number;
  /** One of those asked for has come. */
  arrived(): void;
  /** So many of those asked for will not come; 0 when the broker does not say how many. */
  unfilled(count: number): void;
  /** The receiver has let go of one. */
  done(): void;
  /** Whether anything is still to come. */
  readonly waiting: boolean;
}

export function createWindow(size: number, heldBefore: number): Window {
  let asked = 0;
  let held = heldBefore;
  return {
    claim: () => {
      const room = size - held - asked;
      if (room < (asked > 0 ? Math.max(1, size / 2) : 1)) return 0;
      asked += room;
      return room;
    },
    arrived: () => {
      asked = Math.max(0, asked - 1);
      held++;
    },
    unfilled: (count) => {
      asked = Math.max(0, asked - (count || asked));
    },
    done: () => {
      held--;
    },
    get waiting() {
      return asked > 0;
    },
  };
}
