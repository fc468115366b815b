import { verifies } from "@cotal/requirements";
import { createFakeClock } from "@cotal/session/testing";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { defineRegistry } from "../src/definition.ts";
import type { Lookup } from "../src/lookup.ts";
import { createStore, type RegistryStore } from "../src/registry-store.ts";

interface Note {
  readonly v: 1;
  readonly text: string;
}
const schema: z.ZodType<Note> = z.looseObject({ v: z.literal(1), text: z.string() });
const notes = { registry: "channels", schema, isKey: (key: string) => /^[a-z]$/.test(key) } as const;

const bytes = (text: string) => new TextEncoder().encode(JSON.stringify({ v: 1, text }));
const garbage = new TextEncoder().encode("{");

function newStore(extra: { ttlMs?: number; keepsLast?: boolean } = {}) {
  const clock = createFakeClock();
  const told: Lookup<Note>[] = [];
  const store = createStore(defineRegistry({ ...notes, ...extra }), {
    uptime: clock.uptime,
    onChange: (_, lookup) => told.push(lookup),
  });
  const arrive = (key: string, revision: number, text?: string): void =>
    store.arrive({ key, revision, data: text === undefined ? undefined : bytes(text) });
  return { store, clock, told, arrive };
}

describe("a store", () => {
  test("shows nothing of a load before it is complete, and then only what differs is told", () => {
    verifies("REG-25");
    const { store, told, arrive } = newStore();
    arrive("a", 1, "one");
    arrive("b", 2, "two");
    arrive("c", 3, "three");
    told.length = 0;
    store.beginLoad();
    arrive("a", 1, "one");
    arrive("b", 2, "another");
    arrive("d", 3, "four");
    expect(store.entries().map(({ lookup }) => lookup.key)).toEqual(["a", "b", "c"]);
    expect(store.get("b")).toMatchObject({ value: { text: "two" } });
    expect(store.revision).toBe(3);
    const tell = store.endLoad();
    expect(told).toEqual([]);
    expect(store.entries().map(({ lookup }) => lookup.key)).toEqual(["a", "b", "d"]);
    tell();
    expect(told).toEqual([
      { kind: "absent", key: "c", revision: 0 },
      { kind: "found", key: "b", revision: 2, value: { v: 1, text: "another" } },
      { kind: "found", key: "d", revision: 3, value: { v: 1, text: "four" } },
    ]);
  });

  test("forgets the part of a load that was cut off", () => {
    const { store, arrive } = newStore();
    store.beginLoad();
    arrive("a", 5, "old");
    store.beginLoad();
    arrive("b", 1, "new");
    store.endLoad()();
    expect(store.entries().map(({ lookup }) => lookup.key)).toEqual(["b"]);
    expect(store.revision).toBe(1);
  });

  test("takes what it wrote itself once, and never an earlier revision for a later one", () => {
    const { store, told, arrive } = newStore();
    arrive("a", 1, "one");
    store.learn({ key: "a", revision: 3, data: bytes("mine") });
    expect(store.revision).toBe(1);
    arrive("a", 2, "theirs");
    arrive("a", 3, "mine");
    expect(store.get("a")).toMatchObject({ revision: 3, value: { text: "mine" } });
    expect(store.revision).toBe(3);
    expect(told.map((lookup) => "revision" in lookup && lookup.revision)).toEqual([1, 3]);
  });

  test("keeps a record that is followed by something unreadable only where the registry says so", () => {
    verifies("REG-3", "REG-8");
    for (const keepsLast of [true, false]) {
      const { store, told, arrive } = newStore({ keepsLast });
      arrive("a", 1, "one");
      store.arrive({ key: "a", revision: 2, data: garbage });
      expect(store.get("a")?.kind).toBe(keepsLast ? "found" : "undecodable");
      expect(told).toHaveLength(keepsLast ? 1 : 2);
      store.beginLoad();
      store.arrive({ key: "a", revision: 1, data: garbage });
      store.arrive({ key: "b", revision: 2, data: garbage });
      store.endLoad()();
      expect(store.get("a")?.kind).toBe(keepsLast ? "found" : "undecodable");
      expect(store.get("b")?.kind).toBe("undecodable");
      arrive("a", 3, "three");
      expect(store.get("a")).toMatchObject({ revision: 3, value: { text: "three" } });
    }
  });

  test("counts what has outlived its time as gone, and tells so when it is swept", async () => {
    verifies("REG-26");
    const { store, clock, told, arrive } = newStore({ ttlMs: 1_000 });
    arrive("a", 1, "one");
    await clock.advance(600);
    arrive("b", 2, "two");
    await clock.advance(399);
    expect(store.entries().map(({ lookup }) => lookup.key)).toEqual(["a", "b"]);
    await clock.advance(1);
    expect(store.get("a")).toBeUndefined();
    expect(store.entries().map(({ lookup }) => lookup.key)).toEqual(["b"]);
    clock.jump(3_600_000);
    expect(store.get("b")?.kind).toBe("found");
    told.length = 0;
    store.sweep();
    store.sweep();
    expect(told).toEqual([{ kind: "absent", key: "a", revision: 0 }]);
    arrive("b", 3, "again");
    await clock.advance(999);
    store.sweep();
    expect(store.get("b")?.kind).toBe("found");
    expect(clock.pending).toBe(0);
  });

  test("a load that brings the same record again makes it no younger", async () => {
    verifies("REG-26");
    const { store, clock, arrive } = newStore({ ttlMs: 1_000 });
    arrive("a", 1, "one");
    await clock.advance(900);
    store.beginLoad();
    arrive("a", 1, "one");
    store.endLoad()();
    await clock.advance(100);
    expect(store.get("a")).toBeUndefined();
  });

  test("after any history shows the last of each key, and has told of each change once", () => {
    verifies("REG-24");
    const step = fc.record({
      key: fc.constantFrom("a", "b", "c"),
      text: fc.option(fc.constantFrom("x", "y"), { nil: undefined }),
      reload: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const { store, told, arrive } = newStore();
        const truth = new Map<string, Truth>();
        for (const [at, { key, text, reload }] of steps.entries()) {
          truth.set(key, { revision: at + 1, text });
          if (reload) load(store, truth, arrive);
          else arrive(key, at + 1, text);
        }
        for (const [key, { revision, text }] of truth) {
          const kind = text === undefined ? "absent" : "found";
          expect(store.get(key)).toMatchObject({ kind, key, revision });
          const ofKey = told.filter((lookup) => lookup.key === key);
          expect(ofKey.at(-1)?.kind ?? "absent").toBe(kind);
          const revisions = ofKey.map((lookup) => ("revision" in lookup ? lookup.revision : 0));
          expect(revisions).toEqual([...new Set(revisions)].sort((x, y) => x - y));
        }
      }),
    );
  });
});

interface Truth {
  readonly revision: number;
  readonly text: string | undefined;
}

function load(
  store: RegistryStore<Note>,
  truth: ReadonlyMap<string, Truth>,
  arrive: (key: string, revision: number, text?: string) => void,
): void {
  store.beginLoad();
  for (const [key, { revision, text }] of truth) arrive(key, revision, text);
  store.endLoad()();
}
