import { verifies } from "@cotal/requirements";
import { expect, test } from "vitest";
import { createBrokerClock } from "../src/broker-clock.ts";
import { createFakeClock } from "../src/fake-clock.ts";

const brokerStart = Date.parse("2030-01-01T00:00:00Z");
const tsOf = (ms: number) => new Date(ms).toISOString();

test("broker time is learned from answers and does not follow a jump of the wall clock", async () => {
  verifies("SESS-80");
  const clock = createFakeClock();
  const broker = createBrokerClock(clock);
  expect(broker.now()).toBe(clock.now());
  broker.learn({ ts: tsOf(brokerStart), tookMs: 100 });
  expect(broker.now()).toBe(brokerStart + 50);
  await clock.advance(1_000);
  expect(broker.now()).toBe(brokerStart + 1_050);
  clock.jump(3_600_000);
  expect(broker.now()).toBe(brokerStart + 1_050);
});

test("a quicker answer is believed over a slower one, until it is old", async () => {
  verifies("SESS-80");
  const clock = createFakeClock();
  const broker = createBrokerClock(clock);
  broker.learn({ ts: tsOf(brokerStart), tookMs: 10 });
  broker.learn({ ts: tsOf(brokerStart + 500), tookMs: 4_000 });
  expect(broker.now()).toBe(brokerStart + 5);
  await clock.advance(700_000);
  broker.learn({ ts: tsOf(brokerStart), tookMs: 40 });
  expect(broker.now()).toBe(brokerStart + 20);
  broker.learn({ ts: "not a time", tookMs: 0 });
  expect(broker.now()).toBe(brokerStart + 20);
});

test("an answer that contradicts what was learned wins: the machine slept and its uptime stood still", () => {
  verifies("SESS-80");
  const clock = createFakeClock();
  const broker = createBrokerClock(clock);
  broker.learn({ ts: tsOf(brokerStart), tookMs: 10 });
  broker.learn({ ts: tsOf(brokerStart + 3_600_000), tookMs: 20 });
  expect(broker.now()).toBe(brokerStart + 3_600_010);
});
