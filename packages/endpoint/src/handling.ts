import { CotalError } from "@cotal/subjects";
import type { Core } from "./core.ts";
import type { Delivery, Outcome } from "./delivery.ts";
import type { Desk, Handover } from "./intake.ts";
import { asOutcome, toDelivery } from "./to-delivery.ts";

export interface Handling {
  readonly core: Core;
  readonly desk: Desk;
  readonly handler: (delivery: Delivery, signal: AbortSignal) => Promise<unknown>;
  /** After so many failures here a message is rejected. */
  readonly maxAttempts: number;
  /** Ends it, after the message in work. */
  readonly signal: AbortSignal;
}

/** Handles messages, one after the other. */
export async function handleAll(handling: Handling): Promise<void> {
  const { desk, signal } = handling;
  while (!signal.aborted) {
    const handover = await desk.next();
    if (handover) await handleOne(handover, handling);
  }
}

async function handleOne(handover: Handover, handling: Handling): Promise<void> {
  const { core, desk, handler, maxAttempts, signal } = handling;
  const { delivery, settle } = toDelivery(handover, desk);
  try {
    settle(outcomeOf(await handler(delivery, signal)));
  } catch (cause) {
    const disposition = settle({ kind: "failed", maxAttempts });
    core.fault("receiver", failure(delivery, { cause, givenUp: disposition?.kind === "terminate" }));
  }
}

/** Whatever else a program returns, it has come to its end. */
function outcomeOf(result: unknown): Outcome {
  const kind = typeof result === "object" && result !== null && "kind" in result ? result.kind : undefined;
  return kind === "retry" || kind === "reject" ? asOutcome(result as Outcome) : "handled";
}

function failure(
  { message, sender }: Delivery,
  { cause, givenUp }: { readonly cause: unknown; readonly givenUp: boolean },
): CotalError {
  const what = givenUp ? "a handler failed on a message for the last time" : "a handler failed on a message";
  return new CotalError("handler-failed", what, { cause, data: { sender, id: message.id, givenUp } });
}
