import type { Log } from "@cotal/session";
import type { RunningMesh } from "../mesh/running-mesh.ts";
import type { Holder, Seat } from "./seat.ts";
import type { StateKeeper } from "./seat-state.ts";

/** A seat in the process that holds it. */
export interface Holding {
  readonly mesh: RunningMesh;
  readonly seat: Seat & { readonly holder: Holder };
  readonly state: StateKeeper;
  readonly log: Log;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/** `over`: its program has ended, and is not started again. */
export type HeldUntil = "told" | "over";
