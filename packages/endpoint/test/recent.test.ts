import fc from "fast-check";
import { expect, test } from "vitest";
import { createRecent } from "../src/recent.ts";

test("remembers exactly the newest, and setting again makes newest", () => {
  const key = fc.constantFrom("a", "b", "c", "d", "e", "f");
  fc.assert(
    fc.property(fc.array(key), fc.integer({ min: 1, max: 4 }), (keys, limit) => {
      const recent = createRecent<number>(limit);
      let newest: string[] = [];
      for (const [at, one] of keys.entries()) {
        recent.set(one, at);
        newest = [...newest.filter((other) => other !== one), one].slice(-limit);
        expect(recent.size).toBe(newest.length);
        for (const other of ["a", "b", "c", "d", "e", "f"]) {
          expect(recent.get(other) !== undefined).toBe(newest.includes(other));
        }
      }
    }),
  );
});
