/**
 * Named places at which a test may stop, delay or kill a process. What ships never does anything:
 * the only implementation in the published code is `noFaultPoints`.
 */
export interface FaultPoints {
  reach(name: string): void | Promise<void>;
}

export const noFaultPoints: FaultPoints = { reach: () => undefined };
