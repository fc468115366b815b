import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { connectEndpoint, type Endpoint, type StateChange } from "@cotal/endpoint";
import { eventually, type LeakCheck, leakCheck, startFaultProxy } from "@cotal/harness";
import { verifies } from "@cotal/requirements";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { failureOf, isQueueOrWatch, liveNames } from "./facts.ts";
import { type ClosedSpace, startClosedSpace } from "./space.ts";

/** Longer than any phase may take to end, the grace of a handler included. */
const boundMs = 15_000;

let space: ClosedSpace;
let leaks: LeakCheck;
beforeAll(async () => {
  space = await startClosedSpace();
  leaks = await leakCheck(space.broker, { mayStay: isQueueOrWatch });
});
afterAll(() => space[Symbol.asyncDispose]());

/** How a peer changes, from now on. */
function statesOf(peer: Endpoint): StateChange["state"][] {
  const states: StateChange["state"][] = [];
  peer.on("state", ({ state }) => states.push(state));
  return states;
}

/** Stops it, twice at once; afterwards it is stopped for all calls, and nothing of it is left. */
async function expectCleanStop(peer: Endpoint, states: readonly string[]): Promise<void> {
  const start = performance.now();
  await Promise.all([peer.stop(), peer.stop()]);
  expect(performance.now() - start).toBeLessThan(boundMs);
  await peer.stop();
  expect(peer.state).toBe("stopped");
  expect(states.at(-1)).toBe("stopped");
  expect(states.filter((state) => state === "stopped")).toHaveLength(1);
  expect(await failureOf(peer.send({ to: peer.ref.id, text: "x" }))).toMatchObject({ code: "stopped" });
  expect(() => peer.onMessage(async () => undefined)).toThrow(/stopped/);
  await leaks.assertClean();
}

describe("giving up while it connects", () => {
  test("to an address that takes calls and says nothing leaves nothing", async () => {
    verifies("ENDP-10", "ENDP-11");
    const options = await space.provision("black-hole");
    const hole = createServer();
    hole.listen(0, "127.0.0.1");
    await once(hole, "listening");
    const servers = `nats://127.0.0.1:${(hole.address() as AddressInfo).port}`;
    const given = new AbortController();
    const called = once(hole, "connection");
    const connecting = connectEndpoint({ ...options, servers, retryFirst: true, signal: given.signal });
    const outcome = expect(connecting).rejects.toThrow("enough");
    const [socket] = await called;
    given.abort(new Error("enough"));
    await outcome;
    socket.destroy();
    const closed = once(hole, "close");
    hole.close();
    await closed;
    await leaks.assertClean();
  });

  test("to an address where nobody is, and that it goes on trying, leaves nothing", async () => {
    verifies("ENDP-4", "ENDP-11");
    const proxy = await startFaultProxy({ targetPort: space.broker.port });
    await proxy.refuse();
    const options = { ...(await space.provision("nobody-there")), servers: proxy.url };
    expect(await failureOf(connectEndpoint(options))).toMatchObject({ code: "unreachable" });
    const given = new AbortController();
    const connecting = connectEndpoint({ ...options, retryFirst: true, signal: given.signal });
    const outcome = expect(connecting).rejects.toThrow("enough");
    given.abort(new Error("enough"));
    await outcome;
    await proxy[Symbol.asyncDispose]();
    await leaks.assertClean();
  });

  test("while it binds leaves nothing", async () => {
    verifies("ENDP-10", "ENDP-11");
    const proxy = await startFaultProxy({ targetPort: space.broker.port });
    const options = { ...(await space.provision("binding")), servers: proxy.url };
    const given = new AbortController();
    // Slow enough that the first answers are under way when the road is closed.
    proxy.setLatency(500);
    const connecting = connectEndpoint({ ...options, retryFirst: true, signal: given.signal });
    const outcome = expect(connecting).rejects.toThrow("enough");
    await eventually(async () => {
      const { connections } = await space.broker.connz();
      return connections.some(({ name, subscriptions }) => /binding/.test(name ?? "") && subscriptions > 0);
    });
    proxy.halfOpen();
    given.abort(new Error("enough"));
    await outcome;
    await proxy[Symbol.asyncDispose]();
    await leaks.assertClean();
  });
});

describe("stopping", () => {
  test("while nothing happens leaves nothing, and others see it go", async () => {
    verifies("ENDP-10", "ENDP-67");
    const witness = await space.peer("witness");
    const peer = await space.peer("idle");
    const states = statesOf(peer);
    await eventually(() => expect(liveNames(witness)).toEqual(["idle", "witness"]));
    const stopping = peer.stop();
    // Here nobody tells of beats: only its own word can say so.
    await eventually(() => expect(liveNames(witness)).toEqual(["witness"]));
    await stopping;
    await witness.stop();
    await expectCleanStop(peer, states);
    expect(states).toEqual(["reconnecting", "stopped"]);
  });

  test("waits for a handler that comes to its end when it is asked to, and settles its message", async () => {
    verifies("ENDP-10", "ENDP-11");
    const alice = await space.peer("alice-1");
    const peer = await space.peer("obedient");
    const states = statesOf(peer);
    const begun = new AbortController();
    peer.onMessage(async (_, signal) => {
      begun.abort();
      await once(signal, "abort");
    });
    await alice.send({ to: peer.ref.id, text: "work" });
    await eventually(() => begun.signal.aborted);
    await alice.stop();
    await expectCleanStop(peer, states);
    const { account_details = [] } = await space.broker.jsz();
    const consumers = account_details
      .flatMap(({ stream_detail = [] }) => stream_detail)
      .flatMap(({ consumer_detail = [] }) => consumer_detail);
    expect(consumers.find(({ name }) => name === `dm_${peer.ref.id}`)).toMatchObject({
      num_ack_pending: 0,
      num_pending: 0,
    });
  });

  test("ends the iteration of messages", async () => {
    verifies("ENDP-10");
    const peer = await space.peer("iterating");
    const states = statesOf(peer);
    const next = peer.messages().next();
    await expectCleanStop(peer, states);
    expect(await next).toEqual({ value: undefined, done: true });
  });

  test("while the broker is away ends a send that waits, and leaves nothing", async () => {
    verifies("ENDP-10", "ENDP-18");
    const proxy = await startFaultProxy({ targetPort: space.broker.port });
    const peer = await space.peer("waiting", { servers: proxy.url });
    const states = statesOf(peer);
    await proxy.refuse();
    proxy.cut();
    await eventually(() => expect(peer.state).toBe("reconnecting"));
    const waiting = failureOf(peer.send({ to: peer.ref.id, text: "x", waitForLinkMs: 60_000 }));
    await peer.stop();
    expect(await waiting).toMatchObject({ code: "stopped" });
    await proxy[Symbol.asyncDispose]();
    await expectCleanStop(peer, states);
    expect(states).toContain("reconnecting");
  });

  test("while the broker holds the connection and answers nothing leaves nothing", async () => {
    verifies("ENDP-10");
    const proxy = await startFaultProxy({ targetPort: space.broker.port });
    const peer = await space.peer("half-open", { servers: proxy.url });
    const states = statesOf(peer);
    proxy.halfOpen();
    const start = performance.now();
    await peer.stop();
    expect(performance.now() - start).toBeLessThan(boundMs);
    await proxy[Symbol.asyncDispose]();
    await expectCleanStop(peer, states);
  });

  test("by the signal with which it was connected is the same", async () => {
    verifies("ENDP-11");
    const given = new AbortController();
    const peer = await space.peer("signalled", { signal: given.signal });
    const states = statesOf(peer);
    given.abort();
    await eventually(() => expect(states.at(-1)).toBe("stopped"));
    await expectCleanStop(peer, states);
  });
});
