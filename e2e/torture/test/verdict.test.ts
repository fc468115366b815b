import { describe, expect, test } from "vitest";
import { actors } from "../src/cast.ts";
import type { Journals } from "../src/history.ts";
import type { Event, Lane, Received } from "../src/journal.ts";
import { judge } from "../src/verdict.ts";

type Events = Readonly<Record<string, readonly Event[]>>;

const life: Event = { note: "life", pid: 1 };
const roster: Event = { note: "roster", live: actors.map(({ name }) => name) };
const sending = (id: string, lane: Lane): Event => ({ note: "sending", id, lane });
const stored = (id: string): Event => ({ note: "stored", id });
const received = (id: string, more: Partial<Received> = {}): Event => ({
  note: "received",
  id,
  source: "live",
  historical: false,
  redelivered: false,
  ...more,
});

/** Everybody has lived once and sees everybody; to that comes what is given. A note a second. */
function journalsOf(events: Events): Journals {
  return new Map(
    actors.map(({ name }) => [
      name,
      [life, ...(events[name] ?? []), roster].map((event, at) => ({ ...event, at: at * 1_000 })),
    ]),
  );
}

/** What is found in it, where the broker was killed at these moments. */
function found(events: Events, ...brokerKills: readonly number[]): readonly string[] {
  const { violations } = judge({ journals: journalsOf(events), brokerKills });
  return violations.map(({ of, text }) => `${of}: ${text}`);
}

const posted = [sending("p", "#team"), stored("p")];
const heard = [received("p")];
const kept = [received("p", { source: "backstop" })];
const toAll = { ann: posted, ben: heard, cleo: heard, dan: heard, eve: heard };
const task = received("w", { source: "anycast" });
const ordered = [sending("w", "%work"), stored("w")];

test("a play in which all came as it should has no violation, and says how much that was", () => {
  const direct = [sending("d", "@ann"), stored("d"), sending("e", "@ann")];
  const journals = journalsOf({
    ...toAll,
    ben: [...heard, ...ordered, ...direct],
    ann: [...posted, received("d", { source: "dm" })],
    eve: [...heard, task],
  });
  expect(judge({ journals, brokerKills: [] })).toEqual({
    sent: 4,
    stored: 3,
    received: 6,
    lives: 5,
    violations: [],
  });
});

describe("it finds", () => {
  const two = [sending("a", "@ben"), stored("a"), sending("b", "@ben"), stored("b")];
  test.each<[string, Events, string]>([
    [
      "a post that was stored and did not come",
      { ...toAll, eve: [] },
      "loss: 1 lost: p (#team) never reached eve",
    ],
    [
      "a post that was only read back",
      { ...toAll, eve: [received("p", { historical: true, source: "history" })] },
      "loss: 1 lost: p (#team) never reached eve",
    ],
    ["a task that no worker got", { ann: ordered }, "loss: the task w reached no worker"],
    [
      "what came to somebody who may not read it",
      { ann: [sending("s", "#vault")], ben: [received("s")], eve: [received("s")] },
      "leak: 1 leaked: s to eve",
    ],
    ["what nobody has sent", { ben: [received("x")] }, "leak: 1 leaked: x to ben"],
    [
      "what came twice to one process",
      { ...toAll, ben: [...heard, received("p", { redelivered: true })] },
      "repetition: p came twice to one process of ben",
    ],
    [
      "what came to a later process as if it were new",
      { ...toAll, ben: [...kept, life, ...kept] },
      "repetition: p came twice to ben and ben, as if it were new",
    ],
    [
      "a task that came to two workers as if it were new",
      { ann: ordered, dan: [task], eve: [life, life, task] },
      "repetition: w came twice to dan and eve, as if it were new",
    ],
    [
      "what was sent later and came earlier",
      { ann: two, ben: [received("b"), received("a")] },
      "order: 1 out of order: process 0 of ben (live) got b before a",
    ],
    [
      "a gap where nothing was cut",
      { ann: [{ note: "gap", channel: "team", reason: "retention" }] },
      "gap: ann was told that something of team is missing (retention)",
    ],
  ])("%s", (_, events, text) => {
    expect(found(events)).toEqual([text]);
  });

  test("what an agent of the host has not answered, and an answer to somebody else", () => {
    const asked = [sending("q", "@parrot"), stored("q")];
    const answer = received("r", { source: "dm", replyTo: "q" });
    expect(found({ ann: [...asked, answer] })).toEqual([]);
    expect(found({ ann: asked, ben: [answer] })).toEqual([
      "loss: q was not answered by parrot",
      "leak: 1 leaked: q to ben",
    ]);
  });

  test("somebody who is not seen in the end", () => {
    const journals = new Map(journalsOf({}));
    const without: Event = { note: "roster", live: ["ann", "ben", "cleo", "dan"] };
    journals.set(
      "ann",
      [life, roster, without].map((event, at) => ({ ...event, at })),
    );
    expect(judge({ journals, brokerKills: [] }).violations).toEqual([
      { of: "presence", text: "in the end ann does not see eve" },
    ]);
  });
});

describe("it finds nothing", () => {
  test("in what was handed out again with a word of it, read back, or never stored", () => {
    const again = received("p", { redelivered: true });
    const past = received("p", { historical: true, source: "history" });
    const unsure: readonly Event[] = [
      sending("u", "@ben"),
      { note: "failed", id: "u", code: "outcome-unknown" },
    ];
    expect(
      found({ ...toAll, ben: [...heard, life, again, life, past], cleo: [...heard, ...unsure] }),
    ).toEqual([]);
  });

  test("in what a broker hands out again that was killed meanwhile, and in that alone", () => {
    const twice = { ...toAll, ben: [...kept, life, life, ...kept] };
    expect(found(twice, 2_000)).toEqual([]);
    expect(found(twice, 9_000)).toHaveLength(1);
  });

  test("in what a broker hands out again where somebody stood still while it was killed, for a while", () => {
    const twice = { ...toAll, ben: [...kept, life, ...kept] };
    expect(found(twice, 500)).toEqual([]);
    const late = { ...toAll, ben: [life, life, life, life, ...kept, life, ...kept] };
    expect(found(late, 500)).toHaveLength(1);
  });

  test.each([
    ["heard live", heard],
    ["read after a reconnect", [received("p", { source: "history" })]],
  ])("in a copy of what an earlier process had %s, which nobody knows", (_, before) => {
    const past = received("p", { historical: true, source: "history" });
    expect(found({ ...toAll, ben: [...before, life, ...kept] })).toEqual([]);
    expect(found({ ...toAll, ben: [...before, life, past, life, ...kept] })).toEqual([]);
    // A copy that was handed over is one, whatever was read back since.
    expect(found({ ...toAll, ben: [...kept, life, past, life, ...kept] })).toHaveLength(1);
  });
});
