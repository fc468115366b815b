import type { CotalError } from "@cotal/subjects";
import { codedError } from "../report/coded-error.ts";
import { type Line, type Tone, toned } from "../report/line.ts";

const partNames = ["keys", "broker", "space", "peer", "delivery", "manager"] as const;
export type PartName = (typeof partNames)[number];

/** One of the things that a mesh consists of, as a command left it. */
export interface Part {
  readonly part: PartName;
  readonly state: "up" | "failed" | "not-reached" | "stopped";
  /** What was done or seen, in words. */
  readonly evidence: string;
}

export interface Taken<Value> {
  readonly value: Value;
  readonly evidence: string;
}

/** Keeps account of the parts while they are made. */
export interface PartLedger {
  /** Makes a part; a failure is noted and thrown. */
  take<Value>(part: PartName, doing: string, work: () => Promise<Taken<Value>>): Promise<Value>;
  /** All parts, also those that were not reached. */
  list(): readonly Part[];
  readonly failure: CotalError | undefined;
}

export interface LedgerOptions {
  readonly step: (text: string) => void;
  /** Nothing more is begun once it is aborted. */
  readonly signal: AbortSignal;
  /** What this mesh has none of. */
  readonly without?: PartName | undefined;
}

export function createLedger({ step, signal, without }: LedgerOptions): PartLedger {
  const parts = new Map<PartName, Part>();
  let failure: CotalError | undefined;
  return {
    take: async (part, doing, work) => {
      try {
        signal.throwIfAborted();
        step(doing);
        const { value, evidence } = await work();
        parts.set(part, { part, state: "up", evidence });
        return value;
      } catch (error) {
        const coded = codedError(error);
        failure ??= coded;
        parts.set(part, { part, state: "failed", evidence: coded.message });
        throw coded;
      }
    },
    list: () =>
      partNames
        .filter((part) => part !== without)
        .map((part) => parts.get(part) ?? { part, state: "not-reached", evidence: "needs the part before" }),
    get failure() {
      return failure;
    },
  };
}

const tones: Readonly<Record<Part["state"], Tone>> = {
  up: "good",
  failed: "bad",
  "not-reached": "dim",
  stopped: "warn",
};

export function partLines(parts: readonly Part[]): Line[] {
  return parts.map(({ part, state, evidence }) => [
    toned(tones[state], state.padEnd(13)),
    part.padEnd(10),
    evidence,
  ]);
}
