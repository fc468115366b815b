import type { Fault, StateChange } from "@cotal/endpoint";
import { eventually } from "@cotal/harness";
import { verifies } from "@cotal/requirements";
import { type Clock, systemClock } from "@cotal/session";
import { expect, test } from "vitest";
import { startClosedSpace } from "./space.ts";

const hour = 3_600_000;
const wrong = (byMs: number): Clock => ({ ...systemClock, now: () => systemClock.now() + byMs });

test("peers whose clocks are hours apart take each other's messages: both go by the broker's", async () => {
  verifies("ENDP-7");
  await using space = await startClosedSpace();
  const early = await space.peer("early", { clock: wrong(-5 * hour), channels: ["general"] });
  const late = await space.peer("late", { clock: wrong(5 * hour), channels: ["general"] });
  const heard: string[] = [];
  for (const peer of [early, late]) {
    peer.onMessage(async ({ kind }) => {
      heard.push(`${peer.ref.name} ${kind}`);
    });
  }
  await early.send({ channel: "general", text: "hello" });
  await late.send({ channel: "general", text: "hello" });
  await early.send({ to: late.ref.id, text: "hello" });
  await late.send({ to: early.ref.id, text: "hello" });
  await eventually(() =>
    expect(heard.sort()).toEqual(["early channel", "early dm", "late channel", "late dm"]),
  );
  expect([early.health().rejected, late.health().rejected]).toEqual([{}, {}]);
});

test("it is live once everything is bound again, and says a loss at once; a fault names its part", async () => {
  verifies("ENDP-8");
  await using space = await startClosedSpace();
  const peer = await space.peer("alice", { channels: ["general"] });
  const states: StateChange[] = [];
  const faults: Fault[] = [];
  const boundWhenLive: boolean[] = [];
  peer.on("fault", (fault) => faults.push(fault));
  peer.on("state", (change) => {
    states.push(change);
    if (change.state === "live")
      boundWhenLive.push(peer.health().queues.every(({ error }) => error === undefined));
  });
  await space.broker.kill();
  await eventually(() => peer.state === "reconnecting");
  await space.broker.restart();
  await eventually(() => peer.state === "live");
  expect(states.at(0)).toMatchObject({ state: "reconnecting" });
  expect(states.at(-1)).toEqual({ state: "live" });
  expect(boundWhenLive).toEqual([true]);
  for (const fault of faults) {
    expect(fault).toMatchObject({ capability: expect.any(String), error: { code: expect.any(String) } });
    expect(fault.at).toBeGreaterThan(0);
  }
  expect(faults.map(({ capability }) => capability)).toContain("presence");
});
