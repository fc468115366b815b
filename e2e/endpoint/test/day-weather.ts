import { calm, type MemoryBroker } from "@cotal/harness";
import type { FakeClock } from "@cotal/session/testing";
import type { Random } from "./day-random.ts";

/** Something that goes wrong between a program and its broker. */
export type Trouble = () => void;

const hour = 3_600_000;

/** What can go wrong in a day; most of it lasts until it is calmed down. */
export function troublesOf(
  broker: MemoryBroker,
  clock: FakeClock,
  random: Random,
): readonly [Trouble, ...Trouble[]] {
  const { weather } = broker;
  const connectionLost: Trouble = () => broker.cut();
  const brokerAway: Trouble = () => {
    weather.isDown = true;
    broker.cut();
  };
  const brokerForgets: Trouble = () => {
    weather.isDown = true;
    broker.restart();
  };
  const halfOpen: Trouble = () => {
    weather.isDeaf = true;
  };
  const leaderAway: Trouble = () => {
    weather.isLeaderless = true;
  };
  const answersLost: Trouble = () => {
    weather.losesAnswer = () => random.next() < 0.3;
  };
  const slow: Trouble = () => {
    weather.latencyMs = random.between(200, 4_000);
  };
  const clockJumps: Trouble = () => clock.jump(random.pick([31_000, hour, -hour, 8 * hour, -31_000]));
  return [connectionLost, brokerAway, brokerForgets, halfOpen, leaderAway, answersLost, slow, clockJumps];
}

/** Whatever went wrong is over. */
export function calmDown({ weather }: MemoryBroker): void {
  Object.assign(weather, calm);
}
