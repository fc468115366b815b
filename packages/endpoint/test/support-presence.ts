import { createHash } from "node:crypto";
import { withSession } from "@cotal/harness";
import { ensureSpace, type SpaceOrder, setUpSpace } from "@cotal/registries";
import { type Capability, createBrokerClock, createLink, type Link } from "@cotal/session";
import { asOwnerId, asToken, CotalError, type OwnerId, type Token } from "@cotal/subjects";
import { generateSeed, publicFromSeed } from "@cotal/wire";
import { type Announcer, createAnnouncer } from "../src/announcer.ts";
import type { Core } from "../src/core.ts";
import { createCore } from "../src/create-core.ts";
import type { Fault } from "../src/events.ts";
import { createLinkWait } from "../src/link-wait.ts";
import { type EndpointOptions, resolveEndpointOptions } from "../src/options.ts";
import { createRoster, type Roster } from "../src/roster.ts";
import type { PresenceChange } from "../src/roster-entry.ts";
import { createServing, type Serving } from "../src/serving.ts";
import { createSpaceViews, type SpaceReading } from "../src/space-views.ts";

export function secretOf(resource: string): Token {
  return asToken("secret", createHash("sha256").update(resource).digest("base64url"));
}

export function newId(): OwnerId {
  return asOwnerId(publicFromSeed(generateSeed("user")));
}

export const space: Token = asToken("space", "acme");

/** The facts of the space of the tests. */
export function orderOf(more: Partial<SpaceOrder> & { readonly mode?: "open" | "auth" } = {}): SpaceOrder {
  const { mode = "open", ...order } = more;
  const spec = { space, shards: 2, mode, storageBytes: 64 * 1024 ** 2, ingest: secretOf };
  return { spec, id: newId(), version: "0.0.0", ...order };
}

export async function makeOpenSpace(url: string, more: Partial<SpaceOrder> = {}): Promise<void> {
  const order = orderOf(more);
  await withSession(url, async (session) => {
    await ensureSpace(session, order.spec);
    await setUpSpace(session, order);
  });
}

export interface PeerOptions extends Partial<EndpointOptions> {
  readonly name?: string;
  readonly retryFirst?: boolean;
}

/** The parts of an endpoint that see and show who is there, on a link of their own. */
export interface Peer extends AsyncDisposable {
  readonly id: OwnerId;
  readonly core: Core;
  readonly link: Link;
  readonly views: SpaceReading;
  readonly roster: Roster;
  readonly announcer: Announcer;
  readonly serving: Serving;
  readonly faults: readonly Fault[];
  readonly changes: readonly PresenceChange[];
  readonly displaced: readonly CotalError[];
  /** Ends the link without a goodbye, as a program does that dies. */
  die(): Promise<void>;
  stop(): Promise<void>;
}

/** A peer that is not connected yet. */
export async function newPeer(url: string, { name = "ada", ...options }: PeerOptions = {}): Promise<Peer> {
  const settings = await resolveEndpointOptions({
    space,
    servers: url,
    auth: { kind: "open" },
    card: { name },
    ...options,
  });
  const { clock, log, faults: points, identity, dial, mode, takeover, attention } = settings;
  const linkWait = createLinkWait(clock);
  const brokerClock = createBrokerClock(clock);
  const { core } = createCore(settings, { brokerClock, linkWait });
  const faults: Fault[] = [];
  const changes: PresenceChange[] = [];
  const displaced: CotalError[] = [];
  core.events.on("fault", (fault) => faults.push(fault));
  core.events.on("presence", (change) => changes.push(change));
  const views = createSpaceViews(core);
  const roster = createRoster(core, views);
  const serving = createServing(core);
  const announcer = createAnnouncer(core, {
    views,
    takeover,
    attention,
    onDisplaced: (error) => {
      displaced.push(error);
      void link.stop();
    },
  });
  const link = createLink({
    clock,
    log,
    faults: points,
    dial,
    credentials: identity.source,
    brokerClock,
    capabilities: [inOrder([...(mode === "peer" ? [announcer] : []), views, roster, serving])],
    onState: ({ kind }) => {
      const state = kind === "live" || kind === "stopped" ? kind : "reconnecting";
      linkWait.note(state, link.session);
    },
  });
  const die = (): Promise<void> => link.stop();
  const stop = async (): Promise<void> => {
    await announcer.leave();
    await die();
  };
  const parts = { core, link, views, roster, announcer, serving, faults, changes, displaced, die, stop };
  return { id: core.self.id, ...parts, [Symbol.asyncDispose]: stop };
}

/** Who one is comes first: two programs of one id share their watches, and disturb each other. */
function inOrder(parts: readonly Capability[]): Capability {
  return {
    name: "endpoint",
    required: true,
    attach: async (session) => {
      for (const part of parts) await part.attach(session);
    },
    health: () => ({ kind: "ok" }),
  };
}

/** A peer that is live. */
export async function startPeer(url: string, options: PeerOptions = {}): Promise<Peer> {
  const peer = await newPeer(url, options);
  try {
    await peer.link.start({ retryFirst: options.retryFirst ?? false });
  } catch (error) {
    await peer.die();
    throw error;
  }
  return peer;
}

/** Who a peer sees alive, by name. */
export function liveNames({ roster }: Pick<Peer, "roster">): string[] {
  return roster
    .entries()
    .filter(({ live }) => live)
    .map(({ name }) => name)
    .sort();
}

/** The code with which a promise fails. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  return await promise.then(
    () => "no failure",
    (error: unknown) => (error instanceof CotalError ? error.code : String(error)),
  );
}
