import { brokerError, call } from "@cotal/session";
import { type CotalError, serviceName, type Token } from "@cotal/subjects";
import { createSigner } from "@cotal/wire";
import { type State, stateIn } from "../home/json-state.ts";
import type { CallGround } from "../mesh/call-session.ts";

/** What the manager says of itself now; or why it does not. */
export type ManagerAnswer =
  | { readonly kind: "told"; readonly status: State }
  | { readonly kind: "silent"; readonly error: CotalError };

/** Asks whoever manages the space, over a session that may ask `ctl.admin`. */
export async function askManager(space: Token, on: CallGround): Promise<ManagerAnswer> {
  try {
    const reply = await call(on.session, {
      space,
      service: serviceName.admin,
      op: "status",
      from: { id: on.id, name: "cotal" },
      signer: createSigner(on.keys, { now: on.session.brokerClock.now }),
      timeoutMs,
    });
    if (!reply.ok) return { kind: "told", status: {} };
    // What does not have the form that is known says nothing of itself.
    return { kind: "told", status: stateIn(JSON.stringify(reply.data)) ?? {} };
  } catch (failure) {
    return { kind: "silent", error: brokerError(failure) };
  }
}

const timeoutMs = 2_000;
