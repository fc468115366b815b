/** What happens at a point; by default the first time it is reached. */
export type FaultAction =
  | { readonly kind: "throw"; readonly error?: Error }
  /** Waits there until it is released. */
  | { readonly kind: "hold" }
  /** SIGKILL to this very process. */
  | { readonly kind: "kill" };

export interface ArmedFault {
  /** Resolves when the fault happens. */
  readonly reached: Promise<void>;
  /** Lets go what is held; before it is reached, disarms. */
  release(): void;
}

/** The port through which code under test names its points, and the test's end of it. */
export interface TestFaultPoints {
  reach(name: string): void | Promise<void>;
  /** `at` 3: the third time from now on. A point holds one fault at a time. */
  arm(name: string, action: FaultAction, at?: number): ArmedFault;
  /** How often each point was reached, armed or not. */
  readonly counts: ReadonlyMap<string, number>;
}

interface Fault extends ArmedFault {
  readonly action: FaultAction;
  readonly count: number;
  readonly released: Promise<void>;
  happen(): void;
}

export function createFaultPoints(): TestFaultPoints {
  const counts = new Map<string, number>();
  const armed = new Map<string, Fault>();
  return {
    counts,
    reach: (name) => {
      const count = (counts.get(name) ?? 0) + 1;
      counts.set(name, count);
      const fault = armed.get(name);
      if (fault?.count !== count) return;
      armed.delete(name);
      fault.happen();
      return act(name, fault);
    },
    arm: (name, action, at = 1) => {
      if (armed.has(name)) throw new Error(`the fault point ${name} is armed already`);
      const disarm = (): boolean => armed.delete(name);
      const fault = newFault(action, (counts.get(name) ?? 0) + at, disarm);
      armed.set(name, fault);
      return fault;
    },
  };
}

function act(name: string, { action, released }: Fault): void | Promise<void> {
  switch (action.kind) {
    case "throw":
      throw action.error ?? new Error(`fault at ${name}`);
    case "hold":
      return released;
    case "kill":
      process.kill(process.pid, "SIGKILL");
  }
}

function newFault(action: FaultAction, count: number, disarm: () => void): Fault {
  const [reached, released] = [latch(), latch()];
  let happened = false;
  return {
    action,
    count,
    reached: reached.promise,
    released: released.promise,
    happen: () => {
      happened = true;
      reached.open();
    },
    release: () => {
      if (!happened) disarm();
      released.open();
    },
  };
}

function latch(): { readonly promise: Promise<void>; open(): void } {
  let open = (): void => undefined;
  const promise = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { promise, open: () => open() };
}
