import {
  type Capability,
  createBrokerClock,
  createLink,
  type Link,
  type LinkState,
  onAbort,
  sleep,
  watchClock,
} from "@cotal/session";
import { CotalError } from "@cotal/subjects";
import { asOne, assemble, type Parts } from "./assembly.ts";
import type { Core } from "./core.ts";
import { createCore } from "./create-core.ts";
import type { Endpoint } from "./endpoint.ts";
import type { StateChange } from "./events.ts";
import { faceOf } from "./face.ts";
import { createLinkWait } from "./link-wait.ts";
import { type EndpointOptions, type EndpointSettings, resolveEndpointOptions } from "./options.ts";

/**
 * Connects a program to a space. It resolves when the link is live and the own queues are bound, and rejects
 * when the first dial fails, unless told to go on trying.
 */
export async function connectEndpoint(options: EndpointOptions): Promise<Endpoint> {
  const { signal } = options;
  signal?.throwIfAborted();
  const settings = await resolveEndpointOptions(options);
  const { endpoint, link, end, reason } = createRunning(settings);
  const forget = signal ? onAbort(signal, () => end()) : () => undefined;
  endpoint.on("state", ({ state }) => state === "stopped" && forget());
  try {
    await link.start({ retryFirst: settings.retryFirst });
  } catch (error) {
    await endpoint.stop();
    signal?.throwIfAborted();
    throw reason() ?? error;
  }
  return endpoint;
}

interface Running {
  readonly endpoint: Endpoint;
  readonly link: Link;
  /** Stops the endpoint, without waiting. The first reason that is given is why. */
  readonly end: (reason?: CotalError) => void;
  readonly reason: () => CotalError | undefined;
}

function createRunning(settings: EndpointSettings): Running {
  const { clock, log, faults, dial, identity } = settings;
  const brokerClock = createBrokerClock(clock);
  const linkWait = createLinkWait(clock);
  const { core, faults: lastFaults } = createCore(settings, { brokerClock, linkWait });
  let reason: CotalError | undefined;
  const end = (because?: CotalError): void => {
    reason ??= because;
    void endpoint.stop().catch((error) => core.fault("stop", error));
  };
  const parts = assemble(core, { settings, linkWait, onDisplaced: end });
  const link: Link = createLink({
    clock,
    log,
    faults,
    dial,
    brokerClock,
    credentials: identity.source,
    quiet: (signal) => untilIdle(core, parts, signal),
    capabilities: [asOne(core, parts), sleepWatch(core, parts, () => link.reconnect())],
    onState: (state) => {
      const { state: next, error = reason } = changeOf(state, linkWait.state);
      linkWait.note(next, link.session);
      core.events.emit("state", { state: next, error });
      // The link ends by itself when the identity cannot be had; of spaces it knows nothing.
      if (next === "stopped" || error?.code === "unknown-space") end(error);
    },
    onFault: (label, error) => core.fault(label, error),
  });
  const endpoint = faceOf({ core, parts, link, linkWait, faults: lastFaults });
  return { endpoint, link, end, reason: () => reason };
}

const lookMs = 250;

/** Resolves when nothing is in the hands of a receiver; the link does not wait for it forever. */
async function untilIdle({ clock }: Core, { intake }: Parts, signal: AbortSignal): Promise<void> {
  while (intake.counts.inHand > 0) await sleep(clock, lookMs, signal);
}

/** Before it was live for the first time an endpoint connects, afterwards it reconnects. */
function changeOf(state: LinkState, before: StateChange["state"]): StateChange {
  const cause = "failure" in state ? state.failure?.error : undefined;
  const error = cause instanceof CotalError ? cause : undefined;
  if (state.kind === "live" || state.kind === "stopped") return { state: state.kind, error };
  return { state: before === "connecting" ? "connecting" : "reconnecting", error };
}

/** What was heard before the machine slept is old; what was said meanwhile nobody heard. */
function sleepWatch(core: Core, { intake }: Parts, reconnect: () => Promise<unknown>): Capability {
  return {
    name: "clock",
    required: false,
    attach: async ({ scope }) => {
      watchClock(core.clock, scope, (byMs) => {
        core.log({ level: "warn", event: "endpoint.clock-jump", fields: { byMs } });
        for (const [channel, count] of intake.dropLive()) {
          core.events.emit("gap", { channel, count, reason: "suspended" });
        }
        void reconnect().catch((error) => core.fault("clock", error));
      });
    },
    health: () => ({ kind: "ok" }),
  };
}
