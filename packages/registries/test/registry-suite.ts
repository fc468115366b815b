import { verifies } from "@cotal/requirements";
import { CotalError } from "@cotal/subjects";
import { describe, expect, test } from "vitest";
import { change } from "../src/change.ts";
import { examples } from "./records.ts";
import { failureOf } from "./support.ts";

import { type OpenWorld, seen } from "./world.ts";
/** What holds of every registry, wherever it is kept. */
export function registrySuite(open: OpenWorld): void {
  describe.each(examples)("the registry $definition.registry", (example) => {
    const { definition, key, record, other, badKeys, badRecords } = example;

    test("keeps a record under its key, with a revision that each write raises", async () => {
      verifies("REG-38", "REG-6", "REG-7");
      await using world = await open(definition);
      const [one, two] = [await world.join(), await world.join()];
      expect(one.get(key)).toEqual({ kind: "absent", key, revision: 0 });
      const first = await one.put(key, record, { expectedRevision: 0 });
      expect(first).toEqual({ kind: "written", revision: 1 });
      expect(one.get(key)).toEqual({ kind: "found", key, value: record, revision: 1 });
      await two.moved(0);
      expect(two.get(key)).toEqual({ kind: "found", key, value: record, revision: 1 });
      expect(await two.put(key, other, { expectedRevision: 1 })).toEqual({ kind: "written", revision: 2 });
      await seen(one, 2);
      expect(one.get(key)).toEqual({ kind: "found", key, value: other, revision: 2 });
      expect(one.entries()).toEqual([{ kind: "found", key, value: other, revision: 2 }]);
    });

    test("fences a write that follows another revision than the one that stands", async () => {
      verifies("REG-38");
      await using world = await open(definition);
      const one = await world.join();
      await one.put(key, record, { expectedRevision: 0 });
      for (const expectedRevision of [0, 2, 7]) {
        expect(await one.put(key, other, { expectedRevision })).toEqual({ kind: "fenced" });
        expect(await one.remove(key, { expectedRevision })).toEqual({ kind: "fenced" });
      }
      expect(await one.put(key, other, { expectedRevision: 1, expectedBucket: 0 })).toEqual({
        kind: "fenced",
      });
      expect(await one.put(key, other, { expectedRevision: 1, expectedBucket: 1 })).toMatchObject({
        kind: "written",
      });
    });

    test("leaves a marker where a record was removed, and a new record follows it", async () => {
      verifies("REG-38", "REG-7");
      await using world = await open(definition);
      const [one, two] = [await world.join(), await world.join()];
      await one.put(key, record, { expectedRevision: 0 });
      expect(await one.remove(key, { expectedRevision: 1 })).toEqual({ kind: "written", revision: 2 });
      expect(one.get(key)).toEqual({ kind: "absent", key, revision: 2 });
      await seen(two, 2);
      expect(two.get(key)).toEqual({ kind: "absent", key, revision: 2 });
      expect(two.entries()).toEqual([]);
      expect(await two.put(key, other, { expectedRevision: 0 })).toEqual({ kind: "fenced" });
      expect(await two.put(key, other, { expectedRevision: 2 })).toEqual({ kind: "written", revision: 3 });
      const third = await world.join();
      expect(third.get(key)).toEqual({ kind: "found", key, value: other, revision: 3 });
    });

    test("refuses a key or a record that is none of its own, and stores nothing", async () => {
      verifies("REG-2");
      await using world = await open(definition);
      const one = await world.join();
      for (const bad of badKeys) {
        expect((await failureOf(one.put(bad, record, {}))).code, bad).toBe("bad-registry-key");
        expect((await failureOf(one.remove(bad, {}))).code, bad).toBe("bad-registry-key");
        expect(() => one.get(bad)).toThrow(CotalError);
      }
      for (const bad of [...badRecords, null, {}, "text", { ...(record as object), v: "one", card: 1 }]) {
        expect((await failureOf(one.put(key, bad, {}))).code, JSON.stringify(bad)).toBe("invalid-record");
      }
      const huge = { ...(record as object), description: "x".repeat(70_000) };
      expect(["too-large", "invalid-record"]).toContain((await failureOf(one.put(key, huge, {}))).code);
      expect((await world.join()).entries()).toEqual([]);
    });

    test("reports a value that it cannot read, with its key and revision, and never as nothing", async () => {
      verifies("REG-2", "REG-8");
      const foreign = ["", "{", "{}", '"x"', "[1]", JSON.stringify({ ...(record as object), v: 9, card: 9 })];
      for (const bytes of [...foreign, ...badRecords.map((bad) => JSON.stringify(bad))]) {
        await using world = await open(definition);
        await world.raw(key, bytes);
        const one = await world.join();
        expect(one.get(key), bytes).toMatchObject({ kind: "undecodable", key, revision: 1 });
        expect(one.entries()).toMatchObject([{ kind: "undecodable", key, revision: 1 }]);
        const failure = await failureOf(change(one, key, () => ({ kind: "leave", answer: 0 })));
        expect(failure).toMatchObject({ code: "undecodable", data: { key, revision: 1 } });
      }
    });

    test("keeps the fields of a record that it does not know", async () => {
      await using world = await open(definition);
      await world.raw(key, JSON.stringify({ ...(record as object), later: { a: [1] } }));
      expect((await world.join()).get(key)).toMatchObject({ kind: "found", value: { later: { a: [1] } } });
    });
  });
}
