import { describe, expect, test } from "vitest";
import { actors } from "../src/cast.ts";
import type { Event, Note, Order } from "../src/journal.ts";
import { judge } from "../src/verdict.ts";

/** Of one peer each, at the seconds given. */
type Timed = readonly (readonly [second: number, event: Event])[];

const notes = (timed: Timed): Note[] => timed.map(([second, event]) => ({ ...event, at: second * 1_000 }));
const roster: Event = { note: "roster", live: actors.map(({ name }) => name) };
const life: Event = { note: "life", pid: 1 };
const own = (note: "joining" | "leaving" | "left"): Event => ({ note, channel: "lab" });
const joined: Event = { note: "joined", channel: "lab", durable: "held" };
const post = (id: string, from: number, to = from + 0.5): Timed => [
  [from, { note: "sending", id, lane: "#lab" }],
  [to, { note: "stored", id }],
];
const got = (id: string, historical = false): Event => ({
  note: "received",
  id,
  source: historical ? "history" : "backstop",
  historical,
  redelivered: false,
});
const order = (note: Order["note"], right: Order["right"], may: boolean): Event => ({
  note,
  peer: "ben",
  right,
  may,
  settled: true,
});

/** Ann posts, ben is meant; everybody else hears nothing, which is not due to them as they have not joined. */
function found(ann: Timed, ben: Timed, operator: Timed = []): readonly string[] {
  const journals = new Map(
    actors.map(({ name }) => {
      const more = name === "ann" ? ann : name === "ben" ? ben : [];
      return [name, notes([[0, life], ...more, [99, roster]])];
    }),
  );
  const { violations } = judge({ journals, operator: notes(operator), brokerKills: [] });
  return violations.map(({ of, text }) => `${of}: ${text}`);
}

const member: Timed = [
  [1, own("joining")],
  [2, joined],
];
const narrowed: Timed = [
  [10, order("ordering", "read", false)],
  [12, order("ordered", "read", false)],
];
const widened: Timed = [
  [20, order("ordering", "read", true)],
  [22, order("ordered", "read", true)],
];
const again: Timed = [
  [23, own("joining")],
  [24, joined],
];

describe("of a channel whose rights change", () => {
  test("what was posted to a member is due, and what was posted otherwise is not", () => {
    expect(found(post("p", 3), member)).toEqual(["loss: 1 lost: p (#lab) never reached ben"]);
    expect(found(post("p", 1.5), member)).toEqual([]);
    expect(found(post("p", 3), [...member, [5, got("p")]])).toEqual([]);
    expect(found(post("p", 3), [...member, [5, got("p", true)]])).toHaveLength(1);
  });

  test("who has left is owed what came before, and gets nothing of what came after", () => {
    const left: Timed = [...member, [10, own("leaving")], [11, own("left")]];
    expect(found([...post("p", 3), ...post("q", 12)], left)).toEqual([
      "loss: 1 lost: p (#lab) never reached ben",
    ]);
    const back: Timed = [...left, [20, own("joining")], [21, joined]];
    expect(found(post("p", 3), [...back, [22, got("p", true)]])).toEqual([]);
    expect(found(post("q", 12), [...back, [22, got("q", true)]])).toEqual([]);
    expect(found(post("q", 12), [...back, [22, got("q")]])).toEqual([
      "leak: q came to ben (backstop), which had left when it was posted",
    ]);
    // It is not certain that it was out.
    expect(found(post("q", 10.2), [...back, [22, got("q")]])).toEqual([]);
  });

  test("what was kept is not due any more once the right to it was taken", () => {
    expect(found(post("p", 3), [...member, ...again], [...narrowed, ...widened])).toEqual([]);
    expect(found(post("q", 25), [...member, ...again], [...narrowed, ...widened])).toHaveLength(1);
  });

  test("what was posted while somebody might not read it comes only as the past, once it may", () => {
    const ben = (...more: Timed): Timed => [...member, ...more, ...again, [30, got("q", true)]];
    const orders: Timed = [...narrowed, ...widened];
    expect(found(post("q", 14), ben(), orders)).toEqual([]);
    const leak = "which might not read it when it was posted";
    expect(found(post("q", 14), ben([15, got("q")]), orders)).toContain(
      `leak: q came to ben (backstop), ${leak}`,
    );
    expect(found(post("q", 14), [...member, [15, got("q", true)]], orders)).toEqual([
      `leak: q came to ben (history), ${leak}`,
    ]);
    // The answer had not come yet.
    expect(found(post("q", 11), [...member, [15, got("q")]], orders)).toEqual([]);
  });

  test("a process that begins without the right gets nothing, and nothing is resumed", () => {
    const orders: Timed = [...narrowed, ...widened];
    expect(found(post("p", 3), [...member, [14, life], [15, got("p")]], orders)).toEqual([
      "leak: p came to ben (backstop), which might not read it when its process began",
    ]);
    expect(found(post("p", 3), [...member, ...again, [25, got("p")]], orders)).toEqual([
      "leak: p came to ben (backstop), which had lost the right to it, and was given that anew since",
    ]);
    // It may have been on its way before.
    expect(found(post("p", 3), [...member, [14, got("p")], ...again], orders)).toEqual([]);
  });
});

describe("posting", () => {
  const orders: Timed = [
    [10, order("ordering", "post", false)],
    [12, order("ordered", "post", false)],
    [20, order("ordering", "post", true)],
    [22, order("ordered", "post", true)],
  ];
  const refused = (id: string, at: number): Timed => [
    [at, { note: "sending", id, lane: "#lab" }],
    [at + 0.5, { note: "failed", id, code: "not-allowed" }],
  ];

  test("without the right is stored nowhere, and with it is not refused", () => {
    expect(found([], [...post("p", 5), ...refused("q", 14), ...refused("r", 21)], orders)).toEqual([]);
    expect(found([], post("p", 14), orders)).toEqual([
      "right: p was stored in #lab, and ben might not post there",
    ]);
    expect(found([], refused("p", 5), orders)).toEqual([
      "right: p was refused in #lab, and ben might post there",
    ]);
    const reconnected: Timed = [[23, { note: "reconnected" }]];
    expect(found([], refused("p", 24), orders)).toEqual([]);
    expect(found([], [...reconnected, ...refused("p", 24)], orders)).toHaveLength(1);
  });

  test("with a credential that was revoked is stored nowhere", () => {
    const revoked: Timed = [
      [10, order("ordering", "all", false)],
      [12, order("ordered", "all", false)],
      [20, order("ordering", "all", true)],
    ];
    expect(found([], post("p", 14), revoked)).toEqual(["right: p was stored, and ben had no credential"]);
    expect(found([], [...post("p", 10.5), ...post("q", 21)], revoked)).toEqual([]);
  });
});
