import fc from "fast-check";
import { expect, test } from "vitest";
import { createWindow, type Window } from "../src/window.ts";

/** A receiver that counts for itself what it asked for and holds. */
class Receiver {
  asked = 0;
  held = 0;
  readonly places: Window;

  constructor(size: number) {
    this.places = createWindow(size, 0);
  }

  claim(): void {
    this.asked += this.places.claim();
  }

  arrive(): void {
    if (this.asked === 0) return;
    this.places.arrived();
    this.asked--;
    this.held++;
  }

  fallShort(): void {
    if (this.asked === 0) return;
    this.places.unfilled(1);
    this.asked--;
  }

  letGo(): void {
    if (this.held === 0) return;
    this.places.done();
    this.held--;
  }
}

test("what is asked for and held never exceeds the window, and a free window always asks", () => {
  const step = fc.constantFrom("claim" as const, "arrive" as const, "fallShort" as const, "letGo" as const);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20 }), fc.array(step, { maxLength: 200 }), (size, steps) => {
      const receiver = new Receiver(size);
      for (const move of steps) {
        receiver[move]();
        expect(receiver.asked + receiver.held).toBeLessThanOrEqual(size);
        expect(receiver.places.waiting).toBe(receiver.asked > 0);
      }
      while (receiver.held > 0) receiver.letGo();
      if (receiver.asked > 0) receiver.places.unfilled(0);
      expect(receiver.places.claim()).toBe(size);
    }),
  );
});

test("what was held before counts", () => {
  const places = createWindow(10, 8);
  expect(places.claim()).toBe(2);
  expect(places.claim()).toBe(0);
});

test("while some are on their way it asks for half a window at least, and else for whatever is free", () => {
  const places = createWindow(10, 0);
  places.claim();
  for (let at = 0; at < 9; at++) places.arrived();
  for (let at = 0; at < 4; at++) places.done();
  expect(places.claim()).toBe(0);
  places.done();
  expect(places.claim()).toBe(5);
  for (let at = 0; at < 6; at++) places.arrived();
  places.done();
  expect(places.claim()).toBe(1);
});
