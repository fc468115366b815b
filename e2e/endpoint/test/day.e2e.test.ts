import { createMemoryBroker } from "@cotal/harness";
import { verifies } from "@cotal/requirements";
import { streamName } from "@cotal/subjects";
import { expect, test } from "vitest";
import { type Census, takeCensus } from "./day-census.ts";
import { type Life, startLife } from "./day-life.ts";
import { randomOf } from "./day-random.ts";
import type { Stage } from "./day-stage.ts";
import { simulateTime } from "./day-time.ts";
import { calmDown, troublesOf } from "./day-weather.ts";
import { liveNames } from "./facts.ts";
import { space } from "./space.ts";

const seed = Number(process.env.DAY_SEED ?? Date.now() % 2 ** 31);
const hours = 24;
const minute = 60_000;
const censusEvery = 4;
/** The longest that anything is remembered by its age, guests who have left in particular. */
const forgottenAfter = 70 * minute;

/** From then on nothing goes wrong, so that what a connection gathers while it lives shows as well. */
const calmFrom = 20;

/**
 * How much of each kind comes and goes. An endpoint remembers the last fault of each of its parts, and until its stack
 * is read an error keeps alive the connection that it was thrown on: a few of those, and never more.
 */
const slack: Readonly<Record<keyof Census, number>> = {
  mapEntries: 300,
  setEntries: 40,
  arrayItems: 200,
  promises: 350,
  functions: 1_500,
  abortListeners: 6,
  eventListeners: 3,
  heapBytes: 4e6,
};
/** The timer of the questions that wait is there now and then. */
const timerSlack = 4;
/** Of each message that was shown the endpoint remembers that it was, and so does this test. */
const bytesPerShown = 800;

test(`a day of troubles leaves nothing behind (seed ${seed})`, { timeout: 1_800_000 }, async () => {
  verifies("ENDP-10", "ENDP-23", "ENDP-32", "SESS-2", "SESS-11");
  const random = randomOf(seed);
  using time = simulateTime(random);
  const { clock } = time;
  const broker = createMemoryBroker(clock);
  const life = await time.during(startLife({ clock, broker, random }));
  let timers: number | undefined;
  let census: Census | undefined;
  for (let hour = 1; hour <= hours; hour++) {
    await spendTime({ clock, broker, random }, life, hour <= calmFrom ? 0.6 : 0);
    await clock.advance(10 * minute);
    await time.during(life.comeToRest());
    broker.purge(streamName.chat(space));
    // What was read back on coming home is handled by then.
    await clock.advance(6 * minute);
    requireWell(life);
    expect(broker.connections, `connections after ${hour} h`).toBe(2);
    const waiting = clock.pending - broker.timers;
    timers ??= waiting;
    expect(waiting, `timers after ${hour} h`).toBeLessThanOrEqual(timers + timerSlack);
    if (hour % censusEvery > 0) continue;
    await clock.advance(forgottenAfter);
    const taken = withoutMemories(await takeCensus(), life);
    census ??= taken;
    requireNoMore(taken, census, hour);
  }
  expect(life.record.owed.size).toBeGreaterThan(20 * hours);
  await time.during(life.stop());
  expect([clock.pending - broker.timers, broker.connections]).toEqual([0, 0]);
});

/** About an hour in which things happen, and others go wrong as often as is said. */
async function spendTime({ clock, broker, random }: Stage, life: Life, troubled: number): Promise<void> {
  const troubles = troublesOf(broker, clock, random);
  const act = (most: number): void => {
    for (let left = random.between(0, most); left > 0; left--) life.act();
  };
  for (let turn = 0; turn < 60; turn++) {
    act(4);
    if (random.next() < troubled) {
      await clock.advance(random.between(0, 20_000));
      random.pick(troubles)();
      act(3);
    }
    await clock.advance(random.between(1_000, 90_000));
    calmDown(broker);
  }
}

/** Both are there and see each other and nobody else; nothing was lost, nothing came twice, nothing failed otherwise. */
function requireWell({ peers, record }: Life): void {
  for (const peer of peers) {
    expect(peer.state).toBe("live");
    expect(liveNames(peer)).toEqual(["alice", "bob"]);
    expect(peer.health()).toMatchObject({ rejected: {}, intake: { waiting: 0, inHand: 0 } });
  }
  expect([...record.owed].filter((id) => !record.handled.has(id))).toEqual([]);
  expect(record).toMatchObject({ repeated: [], defects: [] });
}

function withoutMemories(census: Census, { record: { shown, owed, handled } }: Life): Census {
  return {
    ...census,
    mapEntries: census.mapEntries - shown.size,
    setEntries: census.setEntries - shown.size - owed.size - handled.size,
    heapBytes: census.heapBytes - bytesPerShown * shown.size,
  };
}

function requireNoMore(census: Census, first: Census, hour: number): void {
  const kinds = Object.keys(slack) as (keyof Census)[];
  const grown = kinds.filter((kind) => census[kind] > first[kind] + slack[kind]);
  expect(grown, `after ${hour} h ${JSON.stringify(census)}, before ${JSON.stringify(first)}`).toEqual([]);
}
