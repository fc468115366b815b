import type { Log } from "@cotal/session";
import type { RunningMesh } from "../mesh/running-mesh.ts";
import type { Output, Size } from "./child.ts";
import type { Program } from "./holder-server.ts";
import type { Holder, Seat } from "./seat.ts";
import type { Exit, StateKeeper } from "./seat-state.ts";

/** A seat in the process that holds it. */
export interface Holding {
  readonly mesh: RunningMesh;
  readonly seat: Seat & { readonly holder: Holder };
  readonly state: StateKeeper;
  readonly log: Log;
  /** Absent of an agent in a process of its own. */
  readonly hands?: Hands | undefined;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/** Who has an agent in the hands: sees what its program says, and types. */
export interface Hands {
  /** Of the terminal that it is shown on. */
  readonly size?: Size | undefined;
  /** The program has begun. */
  take(program: Program): void;
  show(output: Output): void;
  ended(exit: Exit): void;
}

/** `over`: its program has ended, and is not started again. */
export type HeldUntil = "told" | "over";
