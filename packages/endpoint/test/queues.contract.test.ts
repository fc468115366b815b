import { setTimeout as pause } from "node:timers/promises";
import { eventually, startFaultProxy } from "@cotal/harness";
import { verifies } from "@cotal/requirements";
import { describe, expect, test } from "vitest";
import type { Delivery } from "../src/delivery.ts";
import {
  bobsQueue,
  countsOf,
  makeStreams,
  provision,
  queueBroker,
  receivingPeer,
  send,
  workQueue,
} from "./support-queues.ts";
import { alice, bob, worker } from "./support-receiving.ts";

const at = queueBroker();
/** A peer for whom its queues were made by somebody else. */
const provisioned = { open: false } as const;
const none = { num_pending: 0, num_ack_pending: 0 };

/** What keeps handlers busy until it is over. */
function heldUp(): { readonly released: Promise<void>; release(): void } {
  let release: () => void = () => undefined;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  return { released, release };
}

describe("queues of a peer", () => {
  test("are made by the peer itself in an open space, and bring direct messages and work", async () => {
    verifies("ENDP-12", "ENDP-29");
    const { broker, admin } = at();
    await makeStreams(admin);
    await using peer = receivingPeer(broker.url);
    await peer.link.start();
    const seen: Record<string, string> = {};
    peer.receiver.onMessage(async ({ message, source, kind }) => {
      seen[message.id] = `${source} ${kind}`;
    });
    await send(admin, { to: bob, id: "direct" });
    await send(admin, { toService: worker, id: "work" });
    await eventually(() => expect(seen).toEqual({ direct: "dm dm", work: "anycast anycast" }));
    await eventually(async () => expect(await countsOf(admin, bobsQueue)).toMatchObject(none));
    expect([peer.queues.health(), peer.queues.states]).toEqual([
      { kind: "ok" },
      [bobsQueue, workQueue].map(({ config }) => ({ consumer: config.name, error: undefined })),
    ]);
  });

  test("are not pulled from unless somebody receives, and what is held then goes back at once", async () => {
    const { broker, admin } = at();
    await makeStreams(admin);
    await using peer = receivingPeer(broker.url);
    await peer.link.start();
    for (let number = 0; number < 20; number++) await send(admin, { to: bob });
    const idle = { num_pending: 20, num_ack_pending: 0, num_waiting: 0, handedOut: 0 };
    expect(await countsOf(admin, bobsQueue)).toEqual(idle);
    for await (const delivery of peer.receiver.messages()) {
      await eventually(async () =>
        expect(await countsOf(admin, bobsQueue)).toMatchObject({ num_ack_pending: 20 }),
      );
      delivery.settle("handled");
      break;
    }
    await eventually(async () => expect((await countsOf(admin, bobsQueue)).num_waiting).toBe(0));
    const ids: string[] = [];
    peer.receiver.onMessage(async ({ message, redelivered }) => {
      expect(redelivered).toBe(true);
      ids.push(message.id);
    });
    await eventually(() => expect(ids).toHaveLength(19));
    await eventually(async () =>
      expect(await countsOf(admin, bobsQueue)).toMatchObject({ ...none, handedOut: 20 + 19 }),
    );
    expect(new Set(ids).size).toBe(19);
  });

  test("hold what a handler is at, however long it takes", async () => {
    verifies("ENDP-27");
    const { broker, admin } = at();
    await makeStreams(admin);
    await provision(admin, bobsQueue, 1_500);
    await using peer = receivingPeer(broker.url, { core: provisioned });
    await peer.link.start();
    const seen: string[] = [];
    await send(admin, { to: bob, id: "slow" });
    await send(admin, { to: bob, id: "next" });
    peer.receiver.onMessage(async ({ message }) => {
      seen.push(message.id);
      await pause(message.id === "slow" ? 4_500 : 0);
    });
    await eventually(async () =>
      expect(await countsOf(admin, bobsQueue)).toEqual({
        ...none,
        handedOut: 2,
        num_waiting: expect.any(Number),
      }),
    );
    expect(seen).toEqual(["slow", "next"]);
  });

  test("hand out again what an iterator left, without asking the broker", async () => {
    verifies("ENDP-26");
    const { broker, admin } = at();
    await makeStreams(admin);
    await using peer = receivingPeer(broker.url, { intake: { ackWaitMs: 1_000 } });
    await peer.link.start();
    await send(admin, { to: bob, id: "left" });
    const seen: Delivery[] = [];
    for await (const delivery of peer.receiver.messages()) {
      seen.push(delivery);
      if (seen.length < 3) continue;
      delivery.settle("handled");
      break;
    }
    await eventually(async () =>
      expect(await countsOf(admin, bobsQueue)).toMatchObject({ ...none, handedOut: 1 }),
    );
    expect(seen.map(({ message, redelivered }) => [message.id, redelivered])).toEqual([
      ["left", false],
      ["left", true],
      ["left", true],
    ]);
  });

  test("terminate what verification rejects and show it to nobody", async () => {
    verifies("ENDP-19");
    const { broker, admin } = at();
    await makeStreams(admin);
    await using peer = receivingPeer(broker.url);
    await peer.link.start();
    const subject = `cotal.acme.inst.${bob}.${bob}`;
    await admin.connection.request(subject, "not json", { timeout: 10_000 });
    await admin.connection.request(subject, JSON.stringify({ from: { id: "somebody" } }), {
      timeout: 10_000,
    });
    await send(admin, { to: bob, id: "good" });
    const seen: string[] = [];
    peer.receiver.onMessage(async ({ message }) => void seen.push(message.id));
    await eventually(async () =>
      expect(await countsOf(admin, bobsQueue)).toMatchObject({ ...none, handedOut: 3 }),
    );
    await eventually(() => expect(seen).toEqual(["good"]));
    expect(peer.rejections.counts).toEqual({ "malformed-json": 1, "sender-mismatch": 1 });
  });
});

describe("a peer that dies", () => {
  test("between handling and ack gets the message again", async () => {
    verifies("ENDP-23");
    const { broker, admin } = at();
    await makeStreams(admin);
    await provision(admin, bobsQueue, 1_000);
    await using proxy = await startFaultProxy({ targetPort: broker.port });
    const dead = new Promise<never>(() => undefined);
    const points = { reach: (name: string) => (name === "pump.settle" ? dead : undefined) };
    const first = receivingPeer(proxy.url, { core: provisioned, points });
    await first.link.start();
    await send(admin, { to: bob, id: "twice" });
    let handled = 0;
    const receiving = first.receiver.onMessage(async () => void handled++);
    await eventually(() => expect(handled).toBe(1));
    await proxy.refuse();
    proxy.cut();
    await receiving.stop();
    await first[Symbol.asyncDispose]();
    expect(await countsOf(admin, bobsQueue)).toMatchObject({ num_ack_pending: 1 });

    await using second = receivingPeer(broker.url, { core: provisioned });
    await second.link.start();
    const again: boolean[] = [];
    second.receiver.onMessage(async ({ redelivered }) => void again.push(redelivered));
    await eventually(async () => expect(await countsOf(admin, bobsQueue)).toMatchObject(none));
    expect(again).toEqual([true]);
  });
});

describe("a connection that is lost", () => {
  test("makes nobody handle a message twice, whether it was handled by then or is still in work", async () => {
    verifies("ENDP-23", "ENDP-32");
    const { broker, admin } = at();
    await makeStreams(admin);
    await provision(admin, bobsQueue, 1_000);
    await using proxy = await startFaultProxy({ targetPort: broker.port });
    await using peer = receivingPeer(proxy.url, { core: provisioned });
    await peer.link.start();
    for (let number = 0; number < 5; number++) await send(admin, { to: bob, id: `m${number}` });
    const seen: string[] = [];
    const done = new Map<string, () => void>();
    peer.receiver.onMessage(
      async ({ message: { id } }) => {
        seen.push(id);
        await new Promise<void>((resolve) => done.set(id, resolve));
      },
      { concurrency: 3 },
    );
    await eventually(() => expect(seen).toHaveLength(3));
    await proxy.refuse();
    proxy.cut();
    await eventually(() => expect(peer.link.session).toBeUndefined());
    done.get("m0")?.();
    await proxy.heal();
    await eventually(() => expect(peer.link.session).toBeDefined());
    await eventually(async () => expect((await countsOf(admin, bobsQueue)).handedOut).toBeGreaterThan(7));
    expect(new Set(seen).size).toBe(seen.length);
    await eventually(() => {
      for (const finish of done.values()) finish();
      expect(seen).toHaveLength(5);
    });
    await eventually(async () => {
      for (const finish of done.values()) finish();
      expect(await countsOf(admin, bobsQueue)).toMatchObject(none);
    });
    expect(seen.toSorted()).toEqual(["m0", "m1", "m2", "m3", "m4"]);
  });

  test("and brokers that are killed cost no message and no second handling", async () => {
    verifies("ENDP-23");
    const { broker, admin } = at();
    await makeStreams(admin);
    await provision(admin, bobsQueue, 1_000);
    await using peer = receivingPeer(broker.url, { core: provisioned });
    await peer.link.start();
    const ids = Array.from({ length: 60 }, (_, number) => `m${number}`);
    for (const id of ids) await send(admin, { to: bob, id });
    const seen: string[] = [];
    peer.receiver.onMessage(async ({ message }) => {
      seen.push(message.id);
      await pause(20);
    });
    for (const few of [10, 25]) {
      await eventually(() => expect(seen.length).toBeGreaterThan(few));
      await broker.kill();
      await broker.restart();
    }
    await eventually(() => expect(new Set(seen)).toEqual(new Set(ids)));
    await eventually(async () => expect(await countsOf(at().admin, bobsQueue)).toMatchObject(none));
    expect(seen).toHaveLength(60);
  });
});

describe("work for a role", () => {
  test("is not kept from others: who is busy takes no more", async () => {
    const { broker, admin } = at();
    await makeStreams(admin);
    await using busy = receivingPeer(broker.url);
    await using free = receivingPeer(broker.url);
    await busy.link.start();
    await free.link.start();
    const begun: string[] = [];
    const stuck = heldUp();
    busy.receiver.onMessage(async ({ message }) => {
      begun.push(message.id);
      await stuck.released;
    });
    await send(admin, { toService: worker });
    await eventually(() => expect(begun).toHaveLength(1));
    const seen: string[] = [];
    free.receiver.onMessage(async ({ message }) => void seen.push(message.id), { concurrency: 4 });
    for (let number = 0; number < 20; number++) await send(admin, { toService: worker });
    await eventually(() => expect(seen).toHaveLength(20));
    expect(begun).toHaveLength(1);
    stuck.release();
  });

  test("is taken as long as one handler is free, however long the others are busy", async () => {
    const { broker, admin } = at();
    await makeStreams(admin);
    await using peer = receivingPeer(broker.url);
    await peer.link.start();
    const stuck = heldUp();
    const seen: string[] = [];
    peer.receiver.onMessage(
      async ({ message }) => {
        seen.push(message.id);
        if (seen.length < 4) await stuck.released;
      },
      { concurrency: 4 },
    );
    for (let number = 0; number < 12; number++) await send(admin, { toService: worker });
    await eventually(() => expect(seen).toHaveLength(12)).finally(() => stuck.release());
  });

  test("goes to another instance when it is one's own, and back to oneself when there is none", async () => {
    verifies("ENDP-31");
    const { broker, admin } = at();
    await makeStreams(admin);
    await using alone = receivingPeer(broker.url);
    await alone.link.start();
    const seen: string[] = [];
    alone.receiver.onMessage(async ({ message }) => void seen.push(`own ${message.id}`));
    await send(admin, { toService: worker, id: "first" }, bob);
    await eventually(() => expect(seen).toEqual(["own first"]), { timeoutMs: 30_000 });
    expect((await countsOf(admin, workQueue)).handedOut).toBe(6);

    const { self } = alone.core;
    const carol = { ...self, id: alice, name: "carol" };
    await using other = receivingPeer(broker.url, { core: { self: carol } });
    await other.link.start();
    other.receiver.onMessage(async ({ message }) => void seen.push(`other ${message.id}`));
    await send(admin, { toService: worker, id: "second" }, bob);
    await eventually(() => expect(seen).toEqual(["own first", "other second"]));
  });
});

describe("queues that are not there", () => {
  test("are said to be missing once, with the command for it, and are served when they are made", async () => {
    verifies("ENDP-5");
    const { broker, admin } = at();
    await makeStreams(admin);
    await provision(admin, workQueue);
    await using peer = receivingPeer(broker.url, { core: provisioned });
    let looks = 0;
    const question = `$JS.API.CONSUMER.INFO.${bobsQueue.stream}.${bobsQueue.config.name}`;
    const spy = admin.connection.subscribe(question, { callback: () => void looks++ });
    await admin.connection.flush();
    await peer.link.start();
    await eventually(() => expect(looks).toBeGreaterThan(2));
    spy.unsubscribe();
    expect(peer.faults.map(({ code, hint }) => [code, hint])).toEqual([
      ["not-provisioned", "ask the operator to provision bob: cotal mint bob --role worker"],
    ]);
    expect(peer.queues.health()).toMatchObject({ kind: "degraded", code: "not-provisioned" });
    const seen: string[] = [];
    peer.receiver.onMessage(async ({ message }) => void seen.push(message.id));
    await send(admin, { toService: worker, id: "work" });
    await eventually(() => expect(seen).toEqual(["work"]));
    await provision(admin, bobsQueue);
    await send(admin, { to: bob, id: "direct" });
    await eventually(() => expect(seen).toEqual(["work", "direct"]), { timeoutMs: 60_000 });
    expect([peer.queues.health(), peer.faults]).toEqual([{ kind: "ok" }, [expect.anything()]]);
  });

  test("are no fault for somebody who only sends, and not looked for by somebody who only watches", async () => {
    verifies("ENDP-1", "ENDP-5");
    const { broker, admin } = at();
    await makeStreams(admin);
    await using sender = receivingPeer(broker.url, { core: { ...provisioned, mode: "sender" } });
    await using observer = receivingPeer(broker.url, { core: { mode: "observer" } });
    await sender.link.start();
    await observer.link.start();
    expect([sender.queues.health(), sender.faults]).toEqual([{ kind: "ok" }, []]);
    expect(sender.queues.states.map(({ error }) => error?.code)).toEqual(["not-provisioned"]);
    expect([observer.queues.states, observer.queues.health()]).toEqual([[], { kind: "ok" }]);
  });
});
