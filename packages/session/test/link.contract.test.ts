import { eventually, startFaultProxy } from "@cotal/harness";
import { verifies } from "@cotal/requirements";
import { CotalError } from "@cotal/subjects";
import { describe, expect, test } from "vitest";
import type { Capability, Session } from "../src/session.ts";
import { subscribe } from "../src/subscribe.ts";
import { brokerOfFile, codeOf, newLink, withSession } from "./support.ts";

const broker = brokerOfFile();

interface Listener extends Capability {
  /** Epochs it was bound in. */
  readonly epochs: number[];
  readonly heard: string[];
}

/** A capability that listens on one subject. */
function listener(subject: string, required = true): Listener {
  const epochs: number[] = [];
  const heard: string[] = [];
  return {
    name: `listen ${subject}`,
    required,
    epochs,
    heard,
    attach: async (session: Session) => {
      await subscribe(session, { subject, onMessage: (message) => heard.push(message.string()) });
      epochs.push(session.epoch);
    },
    health: () => ({ kind: "ok" }),
  };
}

/** What one link with two listeners is at the broker: one connection with two subscriptions. */
async function expectBoundOnce(): Promise<void> {
  const { connections } = await broker().connz();
  const ours = connections.filter(({ name }) => name === "session test");
  expect(ours.map(({ subscriptions }) => subscriptions)).toEqual([2]);
}

describe("link", () => {
  test("is live when everything is bound, and leaves nothing behind", async () => {
    verifies("SESS-11", "SESS-15");
    const one = listener("one");
    const { link, states } = newLink(broker().url, { capabilities: [one] });
    const session = await link.start();
    expect([one.epochs, link.state.kind, link.session]).toEqual([[1], "live", session]);
    session.connection.publish("one", "hello");
    await eventually(() => expect(one.heard).toEqual(["hello"]));
    await Promise.all([link.stop(), link.stop()]);
    await link.stop();
    expect(states).toEqual(["dialing", "binding", "live", "closing", "stopped"]);
    expect(link.session).toBeUndefined();
    expect(await codeOf(link.start())).toBe("stopped");
    expect(await codeOf(link.reconnect())).toBe("stopped");
  });

  test("comes back after the broker was killed, three times, and is bound once each time", async () => {
    verifies("SESS-12");
    const listeners = [listener("one"), listener("two")];
    const { link, states } = newLink(broker().url, { capabilities: listeners, random: () => 0.1 });
    await link.start();
    for (let round = 1; round <= 3; round++) {
      await broker().kill();
      await eventually(() => expect(link.session).toBeUndefined());
      await broker().restart();
      await eventually(() => expect(link.state.kind).toBe("live"));
      await expectBoundOnce();
      link.session?.connection.publish("one", `round ${round}`);
      await eventually(() => expect(listeners[0]?.heard.at(-1)).toBe(`round ${round}`));
    }
    expect(listeners[0]?.heard).toEqual(["round 1", "round 2", "round 3"]);
    const { epochs = [] } = listeners[0] ?? {};
    expect(epochs).toHaveLength(4);
    expect(epochs).toEqual([...new Set(epochs)].sort((a, b) => a - b));
    expect(states.filter((state) => state === "live")).toHaveLength(4);
    await link.stop();
  });

  test("notices a cut connection at once and dials anew", async () => {
    verifies("SESS-13");
    await using proxy = await startFaultProxy({ targetPort: broker().port });
    const { link, states } = newLink(proxy.url, { random: () => 0 });
    await link.start();
    proxy.cut();
    await eventually(() => expect(states.filter((state) => state === "live")).toHaveLength(2));
    expect(proxy.connections).toBe(1);
    await link.stop();
  });

  test("notices a half-open connection by its unanswered pings", async () => {
    verifies("SESS-13");
    await using proxy = await startFaultProxy({ targetPort: broker().port });
    const dial = { servers: [proxy.url], name: "session test", pingIntervalMs: 300, dialTimeoutMs: 1_000 };
    const { link, states } = newLink(proxy.url, { dial });
    await link.start();
    proxy.halfOpen();
    await eventually(() => expect(states).toContain("waiting"));
    await proxy.heal();
    await eventually(() => expect(link.state.kind).toBe("live"));
    await link.stop();
  });

  test("a dial that nobody answers ends, is repeated, and leaves nothing behind", async () => {
    verifies("SESS-6", "SESS-11");
    await using proxy = await startFaultProxy({ targetPort: broker().port });
    proxy.halfOpen();
    const dial = { servers: [proxy.url], name: "session test", dialTimeoutMs: 300 };
    const stubborn = newLink(proxy.url, { dial });
    const started = stubborn.link.start({ retryFirst: true });
    await eventually(() =>
      expect(stubborn.states.filter((state) => state === "waiting").length).toBeGreaterThan(1),
    );
    await proxy.heal();
    await started;
    await stubborn.link.stop();
    proxy.halfOpen();
    expect(await codeOf(newLink(proxy.url, { dial }).link.start())).toBe("unreachable");
  });

  test("keeps its connection while the broker stands still for three seconds", async () => {
    verifies("SESS-14");
    const one = listener("one");
    const { link, states } = newLink(broker().url, { capabilities: [one] });
    const session = await link.start();
    await broker().pause();
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    session.connection.publish("one", "after");
    await broker().resume();
    await eventually(() => expect(one.heard).toEqual(["after"]));
    expect(states).toEqual(["dialing", "binding", "live"]);
    await link.stop();
  });

  test("rejects its first failure unless told to go on", async () => {
    verifies("SESS-6");
    await using proxy = await startFaultProxy({ targetPort: broker().port });
    await proxy.refuse();
    const once = newLink(proxy.url);
    expect(await codeOf(once.link.start())).toBe("unreachable");
    expect(once.states).toEqual(["dialing", "stopped"]);

    const patient = newLink(proxy.url, { random: () => 0.2 });
    const started = patient.link.start({ retryFirst: true });
    await eventually(() =>
      expect(patient.states.filter((state) => state === "waiting").length).toBeGreaterThan(2),
    );
    await proxy.heal();
    expect((await started).epoch).toBeGreaterThan(3);
    await patient.link.stop();
  });

  test("reconnect makes one new connection however many ask for it", async () => {
    verifies("SESS-9", "SESS-10");
    const listeners = [listener("one"), listener("two")];
    const { link } = newLink(broker().url, { capabilities: listeners });
    const first = await link.start();
    const sessions = await Promise.all([link.reconnect(), link.reconnect(), link.reconnect()]);
    expect(new Set(sessions)).toEqual(new Set([link.session]));
    expect(sessions[0]?.epoch).toBe(2);
    expect(first.connection.isClosed()).toBe(true);
    await expectBoundOnce();
    await link.stop();
  });

  test("reconnect says why its attempt failed, and the link goes on", async () => {
    verifies("SESS-10");
    await using proxy = await startFaultProxy({ targetPort: broker().port });
    const { link } = newLink(proxy.url, { random: () => 0.5 });
    await link.start();
    await proxy.refuse();
    expect(await codeOf(link.reconnect())).toBe("unreachable");
    expect(await codeOf(link.reconnect())).toBe("unreachable");
    await proxy.heal();
    await link.reconnect();
    expect(link.state.kind).toBe("live");
    await link.stop();
  });

  test("stops cleanly in every state", async () => {
    verifies("SESS-11");
    await using proxy = await startFaultProxy({ targetPort: broker().port });
    const dial = { servers: [proxy.url], name: "session test", dialTimeoutMs: 500 };
    const idle = newLink(proxy.url);
    expect(await codeOf(idle.link.reconnect())).toBe("stopped");
    await idle.link.stop();

    proxy.halfOpen();
    const dialing = newLink(proxy.url, { dial });
    const started = codeOf(dialing.link.start());
    await dialing.link.stop();
    expect([await started, dialing.link.state.kind]).toEqual(["stopped", "stopped"]);

    await proxy.heal();
    const never = { ...listener("one"), attach: () => new Promise<void>(() => undefined) };
    const binding = newLink(proxy.url, { dial, capabilities: [never] });
    const bound = codeOf(binding.link.start());
    await eventually(() => expect(binding.link.state.kind).toBe("binding"));
    await binding.link.stop();
    expect(await bound).toBe("stopped");

    await proxy.refuse();
    const waiting = newLink(proxy.url, { dial, random: () => 1 });
    const waited = codeOf(waiting.link.start({ retryFirst: true }));
    await eventually(() => expect(waiting.link.state.kind).toBe("waiting"));
    await waiting.link.stop();
    expect(await waited).toBe("stopped");
    await proxy.heal();
  });

  test("without a required capability it is not live, without another one it is", async () => {
    verifies("SESS-15");
    const broken = (required: boolean): Capability => ({
      ...listener("one", required),
      attach: () => Promise.reject(new CotalError("not-allowed", "not for you")),
    });
    const strict = newLink(broker().url, { capabilities: [broken(true)] });
    expect(await codeOf(strict.link.start())).toBe("not-allowed");
    expect(strict.states).not.toContain("live");

    const lenient = newLink(broker().url, { capabilities: [broken(false), listener("two")] });
    await lenient.link.start();
    expect(lenient.faults).toMatchObject([["listen one", { code: "not-allowed" }]]);
    await lenient.link.stop();
  });

  test("a listener that fails stops nothing", async () => {
    const onState = (): void => {
      throw new Error("not my day");
    };
    const { link, faults } = newLink(broker().url, { onState });
    await link.start();
    await link.stop();
    expect(new Set(faults.map(([label]) => label))).toEqual(new Set(["state listener"]));
  });

  test("a release that hangs does not hold up the next connection for ever", async () => {
    verifies("SESS-16");
    let hanging = true;
    const sticky: Capability = {
      ...listener("one"),
      attach: async ({ scope }) =>
        void scope.defer(() => (hanging ? new Promise<void>(() => undefined) : undefined)),
    };
    const { link, faults, states } = newLink(broker().url, { capabilities: [sticky] });
    await link.start();
    const reconnected = link.reconnect();
    await eventually(() => expect(faults).toMatchObject([["release", { code: "outcome-unknown" }]]));
    hanging = false;
    expect((await reconnected).epoch).toBe(2);
    expect(states.filter((state) => state === "live")).toHaveLength(2);
    await link.stop();
  });

  test("what is released while the connection stands can still use it", async () => {
    const last: Capability = {
      ...listener("one"),
      attach: async ({ scope, connection }) => {
        scope.defer(async () => {
          connection.publish("farewell", "bye");
          await connection.flush();
        });
      },
    };
    await withSession(broker().url, async ({ connection }) => {
      const heard: string[] = [];
      connection.subscribe("farewell", { callback: (_, message) => void heard.push(message.string()) });
      await connection.flush();
      const { link } = newLink(broker().url, { capabilities: [last] });
      await link.start();
      await link.stop();
      await eventually(() => expect(heard).toEqual(["bye"]));
    });
  });
});
