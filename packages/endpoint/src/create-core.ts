import { type BrokerClock, brokerError, errorFields } from "@cotal/session";
import { createSignatureVerifier, createSigner } from "@cotal/wire";
import type { Core } from "./core.ts";
import { createEvents, type Fault } from "./events.ts";
import type { LinkWait } from "./link-wait.ts";
import type { EndpointSettings } from "./options.ts";

export interface CoreParts {
  readonly core: Core;
  /** The last fault of each capability. */
  readonly faults: ReadonlyMap<string, Fault>;
}

const longestBindingMs = 60_000;
/** The largest body that is read before the broker has said what it takes. */
const maxBytes = 1024 * 1024;

export function createCore(
  settings: EndpointSettings,
  { brokerClock, linkWait }: { readonly brokerClock: BrokerClock; readonly linkWait: LinkWait },
): CoreParts {
  const { space, self, mode, identity, clock, log, faults } = settings;
  const open = identity.keys === undefined;
  const { now } = brokerClock;
  const signatures = open ? "none" : createSignatureVerifier({ now });
  const lastFaults = new Map<string, Fault>();
  const events = createEvents((error) =>
    log({ level: "error", event: "endpoint.listener-failed", fields: errorFields(error) }),
  );
  const core: Core = {
    space,
    self,
    mode,
    open,
    signer: identity.keys && createSigner(identity.keys, { now }),
    brokerClock,
    events,
    clock,
    log,
    faults,
    session: linkWait.now,
    untilLive: async (signal) => void (await linkWait.session(longestBindingMs, signal)),
    policy: ({ connection }, guard) => ({
      maxBytes: connection.info?.max_payload ?? maxBytes,
      signatures,
      ...(guard && { guard }),
    }),
    fault: (capability, cause) => {
      const fault = { capability, error: brokerError(cause), at: clock.now() };
      lastFaults.set(capability, fault);
      log({ level: "warn", event: "endpoint.fault", fields: { capability, ...errorFields(fault.error) } });
      events.emit("fault", fault);
    },
  };
  return { core, faults: lastFaults };
}
