import type { Accepted } from "@cotal/wire";
import type { Arrival, Intake } from "./arrival.ts";
import type { LiveBudget } from "./live-budget.ts";

/** Keeps back what is heard of a channel, in its order, as long as older posts are to come first. */
export interface ChannelHold extends Pick<Intake, "offer"> {
  /** Whether it is among what is kept back: then it was heard, though it can be read back as well. */
  holds(accepted: Accepted): boolean;
  /** Hands over what was kept back, and from now on what comes. */
  flow(): void;
  /** Forgets what was kept back, and takes no more. */
  drop(): void;
}

type Held =
  | { readonly kind: "holding"; readonly arrivals: Arrival[]; readonly keys: Set<string> }
  | { readonly kind: "flowing" }
  | { readonly kind: "dropped" };

export function createChannelHold(intake: Pick<Intake, "offer">, budget: LiveBudget): ChannelHold {
  let state: Held = { kind: "holding", arrivals: [], keys: new Set() };

  /** Ends the holding, and gives what was held. */
  const turn = (kind: "flowing" | "dropped"): readonly Arrival[] => {
    const held = state.kind === "holding" ? state.arrivals : [];
    if (state.kind !== "dropped") state = { kind };
    for (const { bytes } of held) budget.release(bytes);
    return held;
  };

  return {
    offer: (arrival) => {
      if (state.kind === "flowing") intake.offer(arrival);
      if (state.kind !== "holding") return;
      if (!budget.admit(arrival.accepted.channel ?? ">", arrival.bytes)) return;
      state.arrivals.push(arrival);
      state.keys.add(keyOf(arrival.accepted));
    },
    holds: (accepted) => state.kind === "holding" && state.keys.has(keyOf(accepted)),
    flow: () => {
      for (const arrival of turn("flowing")) intake.offer(arrival);
    },
    drop: () => {
      turn("dropped");
    },
  };
}

function keyOf({ sender, message }: Accepted): string {
  return `${sender}:${message.id}`;
}
