import { eventually, openLink, startFaultProxy } from "@cotal/harness";
import { type LeaseRecord, leaseRegistry, openRegistry } from "@cotal/registries";
import { verifies } from "@cotal/requirements";
import {
  type Capability,
  createResponder,
  createScope,
  type Session,
  silentLog,
  systemClock,
} from "@cotal/session";
import { CotalError, registryKey, serviceName } from "@cotal/subjects";
import { ingestOfRegistry, ingestSecret } from "@cotal/trust";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { keepLead } from "../src/keep-lead.ts";
import { createLeadProbe } from "../src/lead-probe.ts";
import type { Leadership } from "../src/leadership.ts";
import { type ServiceSpace, space, startServiceSpace } from "./support-service.ts";

let world: ServiceSpace;
beforeAll(async () => {
  world = await startServiceSpace();
});
afterAll(() => world[Symbol.asyncDispose]());

/** A daemon that leads one shard and does nothing but answer for it. */
interface Daemon {
  readonly holder: string;
  readonly serving: boolean;
  readonly epochs: readonly number[];
  readonly outcome: string | undefined;
  /** Gives everything up in order. */
  stop(): Promise<void>;
  /** Is gone at once, as when its process is killed: nobody is told. */
  crash(): Promise<void>;
}

interface Wish {
  readonly shard: number;
  readonly standby: boolean;
  readonly name: string;
  readonly url?: string;
}

async function startDaemon(wish: Wish): Promise<Daemon> {
  const { shard, standby, name: holder, url = world.broker.url } = wish;
  const minted = world.mint({ profile: "delivery", name: holder });
  const self = { id: minted.id, name: holder };
  const secret = ingestSecret(world.fixture.space, ingestOfRegistry(world.fixture.space, "lease"));
  const stopping = new AbortController();
  let [serving, outcome]: [boolean, string | undefined] = [false, undefined];
  const epochs: number[] = [];

  const lead = async (session: Session, leadership: Leadership): Promise<void> => {
    const { signal, epoch, ready } = leadership;
    epochs.push(epoch);
    await using scope = createScope({ clock: systemClock, onFault: () => undefined });
    const responder = createResponder({
      space,
      service: serviceName.delivery(shard),
      policy: { maxBytes: 1_000_000, signatures: "none" },
      operations: {},
      clock: systemClock,
      log: silentLog,
    });
    await responder.attach({ ...session, scope });
    await ready();
    serving = true;
    await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
    serving = false;
  };

  const keeping: Capability = {
    name: "lead",
    required: true,
    attach: async (session) => {
      const leases = await openRegistry(session, leaseRegistry, { space, id: minted.id, secret });
      const probe = createLeadProbe(session, { space, self });
      const { clock, log, scope } = session;
      const signal = AbortSignal.any([stopping.signal, scope.signal]);
      scope.spawn("lead", () =>
        keepLead(
          { clock, log, leases, probe },
          { shard, holder, version: "1", standby, signal, lead: (leadership) => lead(session, leadership) },
        ).catch((error) => {
          outcome = error instanceof CotalError ? error.code : String(error);
        }),
      );
    },
    health: () => ({ kind: "ok" }),
  };
  const link = openLink(url, { as: minted, capabilities: [keeping] });
  const session = await link.start();
  return {
    holder,
    get serving() {
      return serving;
    },
    epochs,
    get outcome() {
      return outcome;
    },
    stop: () => link.stop(),
    crash: async () => {
      await session.connection.close();
      await link.stop();
    },
  };
}

async function leaseOf(shard: number): Promise<LeaseRecord | undefined> {
  return await world.as({ profile: "operator" }, async (session, id) => {
    const leases = await openRegistry(session, leaseRegistry, { space, id });
    const lookup = leases.get(registryKey.deliveryLease(shard));
    return lookup.kind === "found" ? lookup.value : undefined;
  });
}

describe.concurrent("the lead of a shard, at a real broker with the rights of delivery", () => {
  test("passes to a standby at once when it is given up, and within seconds when its holder is gone", async ({
    annotate,
  }) => {
    verifies("DLV-80", "DLV-82", "DLV-83");
    const first = await startDaemon({ shard: 0, standby: false, name: "first" });
    await eventually(() => expect(first.serving).toBe(true));
    expect(await leaseOf(0)).toMatchObject({ holder: "first", epoch: 1, ready: true });

    const refused = await startDaemon({ shard: 0, standby: false, name: "refused" });
    await eventually(() => expect(refused.outcome).toBe("lease-held"));
    await refused.stop();
    const second = await startDaemon({ shard: 0, standby: true, name: "second" });
    const third = await startDaemon({ shard: 0, standby: true, name: "third" });

    let before = performance.now();
    await first.stop();
    expect(first.serving).toBe(false);
    await eventually(() => expect([second.serving, third.serving]).toContain(true));
    await annotate(`a clean hand-over took ${Math.round(performance.now() - before)} ms`);
    expect([second.serving, third.serving]).toContain(false);

    const [leader, standby] = second.serving ? [second, third] : [third, second];
    before = performance.now();
    await leader.crash();
    await eventually(() => expect(standby.serving).toBe(true));
    await annotate(`a standby took over from a crash after ${Math.round(performance.now() - before)} ms`);
    expect(standby.epochs[0]).toBeGreaterThan(leader.epochs[0] ?? 0);

    before = performance.now();
    await standby.crash();
    const restarted = await startDaemon({ shard: 0, standby: false, name: "restarted" });
    await eventually(() => expect(restarted.serving).toBe(true), { timeoutMs: 90_000 });
    await annotate(`a crash without a standby was over after ${Math.round(performance.now() - before)} ms`);
    await restarted.stop();
    expect(await leaseOf(0)).toBeUndefined();
  });

  test("comes back to its holder with a higher epoch when the connection was lost", async () => {
    verifies("DLV-81");
    await using proxy = await startFaultProxy({ targetPort: world.broker.port });
    const daemon = await startDaemon({ shard: 1, standby: false, name: "alone", url: proxy.url });
    await eventually(() => expect(daemon.serving).toBe(true));
    proxy.cut();
    await eventually(() => expect(daemon.serving).toBe(false));
    await eventually(() => expect(daemon.serving).toBe(true));
    expect(daemon.epochs).toHaveLength(2);
    expect(daemon.epochs[1]).toBeGreaterThan(daemon.epochs[0] ?? 0);
    expect(await leaseOf(1)).toMatchObject({ holder: "alone", ready: true, epoch: daemon.epochs[1] });
    await daemon.stop();
  });
});
