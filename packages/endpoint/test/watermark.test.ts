import { createScope, type Session } from "@cotal/session";
import { createFakeClock } from "@cotal/session/testing";
import { asChannelPattern } from "@cotal/subjects";
import { describe, expect, test } from "vitest";
import { followWatermark } from "../src/watermark.ts";

const minute = 60_000;

/** A session of which only the clock and the round trip matter. */
function followed() {
  const clock = createFakeClock();
  const faults: unknown[] = [];
  const scope = createScope({ clock, onFault: (_, error) => faults.push(error) });
  const seen: number[] = [];
  const world = { frontier: 10, heard: false, trips: 0, asked: 0, isAnswering: true };
  const flush = async (): Promise<void> => {
    world.trips++;
    if (!world.isAnswering) throw new Error("no answer");
  };
  followWatermark({ scope, clock, connection: { flush } } as unknown as Session, {
    past: {
      frontier: async () => {
        world.asked++;
        return world.frontier;
      },
    },
    anyChannel: () => asChannelPattern("general"),
    takeHeard: () => {
      const { heard } = world;
      world.heard = false;
      return heard;
    },
    onSeen: (seq) => seen.push(seq),
  });
  return { clock, scope, seen, world };
}

describe("the watermark", () => {
  test("moves to a frontier only a refresh later, after a round trip", async () => {
    const { clock, seen, world } = followed();
    world.heard = true;
    await clock.advance(minute);
    expect([world.asked, seen]).toEqual([1, []]);
    world.frontier = 20;
    await clock.advance(minute);
    expect([world.asked, world.trips, seen]).toEqual([1, 1, [10]]);
  });

  test("costs nothing while nothing is heard", async () => {
    const { clock, world } = followed();
    await clock.advance(10 * minute);
    expect(world).toMatchObject({ asked: 0, trips: 0 });
  });

  test("stays where it is when the round trip fails, and ends with the connection", async () => {
    const { clock, scope, seen, world } = followed();
    world.heard = true;
    await clock.advance(minute);
    world.isAnswering = false;
    await clock.advance(minute);
    expect(seen).toEqual([]);
    await scope.dispose();
    expect(clock.pending).toBe(0);
  });
});
