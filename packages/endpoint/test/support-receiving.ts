import { noFaultPoints, silentLog } from "@cotal/session";
import { createFakeClock, type FakeClock } from "@cotal/session/testing";
import { asOwnerId, asToken, type CotalError, type Token } from "@cotal/subjects";
import { type AddressingKind, generateSeed, publicFromSeed } from "@cotal/wire";
import type { Arrival, Source } from "../src/arrival.ts";
import type { Core } from "../src/core.ts";
import { createEvents, type Gap } from "../src/events.ts";

const newId = () => asOwnerId(publicFromSeed(generateSeed("user")));

export const space: Token = asToken("space", "acme");
export const worker: Token = asToken("role", "worker");
export const alice: ReturnType<typeof newId> = newId();
export const bob: ReturnType<typeof newId> = newId();

export interface ArrivalDraft {
  readonly id?: string;
  readonly sender?: typeof alice;
  readonly source?: Source;
  readonly channel?: string;
  readonly bytes?: number;
  readonly seq?: number;
  readonly deliveries?: number;
  readonly expiresAt?: number;
}

function kindOf(source: Source): AddressingKind {
  return source === "dm" || source === "anycast" ? source : "channel";
}

/** Something that alice has sent, unless it says otherwise. */
export function arrivalOf(draft: ArrivalDraft = {}): Arrival {
  const { id = "m1", sender = alice, source = "live", channel = "general", expiresAt } = draft;
  const kind = kindOf(source);
  const target = { channel: { channel }, dm: { to: bob }, anycast: { toService: "worker" } }[kind];
  return {
    accepted: {
      verdict: "ok",
      message: {
        id,
        ts: 0,
        space,
        from: { id: sender, name: "alice" },
        ...target,
        parts: [{ kind: "text", text: "hello" }],
        ...(expiresAt !== undefined && { expiresAt }),
      },
      kind,
      channel: kind === "channel" ? (channel as NonNullable<Arrival["accepted"]["channel"]>) : undefined,
      sender,
      hops: 0,
    },
    source,
    bytes: draft.bytes ?? 100,
    historical: source === "history",
    seq: draft.seq,
    deliveries: draft.deliveries ?? 1,
  };
}

export interface FakeCore {
  readonly core: Core;
  readonly clock: FakeClock;
  readonly gaps: Gap[];
  readonly faults: CotalError[];
}

/** What bob's parts share, without a connection. */
export function fakeCore(more: Partial<Core> = {}): FakeCore {
  const clock = createFakeClock();
  const gaps: Gap[] = [];
  const faults: CotalError[] = [];
  const events = createEvents((error) => faults.push(error as CotalError));
  events.on("gap", (gap) => gaps.push(gap));
  const card = { id: bob, name: "bob", kind: "agent", protocolVersion: "0.3" } as const;
  const core: Core = {
    clock,
    log: silentLog,
    faults: noFaultPoints,
    space,
    self: { id: bob, name: "bob", role: worker, card },
    mode: "peer",
    open: true,
    signer: undefined,
    brokerClock: { now: clock.now, learn: () => undefined },
    events,
    session: () => {
      throw new Error("there is no session");
    },
    untilLive: async () => undefined,
    policy: (_, guard) => ({ maxBytes: 1_000_000, signatures: "none", guard }),
    fault: (_, error) => faults.push(error as CotalError),
    ...more,
  };
  return { core, clock, gaps, faults };
}
