import assert from "node:assert/strict";
import type { HeldLease, LeaseRecord, LeaseStanding } from "@cotal/registries";
import { verifies } from "@cotal/requirements";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type LeadCommand,
  type LeadEvent,
  type LeadRules,
  type LeadState,
  type LeaseView,
  seekingLead,
  silencesToTake,
  transition,
} from "../src/lead-state.ts";

const key = "delivery.0";
const record = (holder: string, ready = true): LeaseRecord => ({
  v: 1,
  holder,
  epoch: 3,
  since: 0,
  ready,
  version: "1",
});
const heldBy = (holder: string, revision = 7): LeaseStanding => ({
  kind: "held",
  standing: { kind: "found", key, value: record(holder), revision },
});
const free: LeaseView = {
  kind: "takeable",
  standing: { kind: "free", standing: { kind: "absent", key, revision: 0 } },
};
const lease = (revision: number, ready = false): HeldLease => ({
  key,
  revision,
  record: record("me", ready),
});
const theirs = (alive: boolean): LeaseView => ({
  kind: "theirs",
  standing: heldBy("other"),
  by: record("other"),
  alive,
});
const mine = (revision: number): LeaseView => ({
  kind: "mine",
  standing: heldBy("me", revision),
  lease: lease(revision),
});
const unknown: LeaseView = { kind: "unknown" };
const refused = new Error("refused");
const rules = (standby: boolean): LeadRules => ({ standby, refusal: () => refused });

/** Plays the events one after the other and gives the state and all that was commanded. */
function play(
  standby: boolean,
  ...events: readonly LeadEvent[]
): { state: LeadState; said: LeadCommand["kind"][] } {
  let state: LeadState = seekingLead;
  const said: LeadCommand["kind"][] = [];
  for (const event of events) {
    const [next, commands] = transition(rules(standby), state, event);
    state = next;
    said.push(...commands.map(({ kind }) => kind));
  }
  return { state, said };
}
const seen = (view: LeaseView, wanted = true): LeadEvent => ({ kind: "seen", view, wanted });
const probed = (kind: "served" | "silent", wanted = true): LeadEvent => ({
  kind,
  view: theirs(false),
  wanted,
});
const leading: readonly LeadEvent[] = [seen(free), { kind: "acquired", lease: lease(8) }];

describe("a daemon that seeks the lead", () => {
  test("takes what nobody has, and runs when the broker has agreed", () => {
    verifies("DLV-12");
    expect(play(false, seen(free))).toEqual({ state: { kind: "taking", stopping: false }, said: ["take"] });
    expect(play(false, ...leading).said).toEqual(["take", "run"]);
    expect(play(false, seen(free), { kind: "missed" })).toEqual({ state: seekingLead, said: ["take"] });
  });

  test("refuses loudly beside one that lives, whichever sign of life it meets; a standby waits", () => {
    verifies("DLV-80");
    for (const sign of [seen(theirs(true)), probed("served")]) {
      expect(play(false, sign)).toEqual({ state: { kind: "ended", error: refused }, said: [] });
      expect(play(true, sign)).toEqual({ state: seekingLead, said: [] });
    }
    expect(play(false, seen(theirs(false)))).toEqual({ state: seekingLead, said: [] });
  });

  test("takes over after three silences in a row, and one answer breaks the row", () => {
    verifies("DLV-82");
    const silences = Array.from({ length: silencesToTake }, () => probed("silent"));
    expect(play(true, ...silences).said).toEqual(["take"]);
    expect(play(true, ...silences.slice(1)).said).toEqual([]);
    expect(play(true, ...silences.slice(1), probed("served"), ...silences.slice(1)).said).toEqual([]);
    expect(play(true, ...silences.slice(1), seen(unknown), probed("silent")).said).toEqual([]);
  });

  test("leaves to others what it has no room for", () => {
    verifies("DLV-11");
    expect(play(true, seen(free, false)).said).toEqual([]);
    const silences = Array.from({ length: 9 }, () => probed("silent", false));
    expect(play(true, ...silences).said).toEqual([]);
  });
});

describe("a daemon that leads", () => {
  const due: LeadEvent = { kind: "renewal-due" };
  const unkept = (view: LeaseView): LeadEvent => ({ kind: "unkept", view });

  test("goes on where a renewal failed and the lease is still its own", () => {
    verifies("DLV-81");
    const { state, said } = play(false, ...leading, due, unkept(mine(9)), due);
    expect(said).toEqual(["take", "run", "write", "write"]);
    expect(state).toMatchObject({ kind: "leading", lease: { revision: 9 } });
  });

  test("quiesces in the same step where the lease is gone or cannot be told, and runs again only with a new one", () => {
    verifies("DLV-81");
    for (const view of [unknown, free]) {
      const lost = play(false, ...leading, due, unkept(view));
      expect(lost.said).toEqual(["take", "run", "write", "quiesce"]);
      expect(lost.state.kind).toBe("closing");
      const ended: LeadEvent = { kind: "run-ended", outcome: { kind: "done" } };
      const again = play(false, ...leading, due, unkept(view), seen(mine(9)), ended, seen(mine(9)));
      expect(again.said.slice(3)).toEqual(["quiesce", "take"]);
    }
  });

  test("stops where another has taken the lease, and does not give up what is not its own", () => {
    verifies("DLV-81");
    const ended: LeadEvent = { kind: "run-ended", outcome: { kind: "done" } };
    for (const event of [unkept(theirs(true)), seen(theirs(true))]) {
      expect(play(false, ...leading, event, ended)).toEqual({
        state: { kind: "ended", error: refused },
        said: ["take", "run", "quiesce"],
      });
      expect(play(true, ...leading, event, ended)).toEqual({
        state: seekingLead,
        said: ["take", "run", "quiesce"],
      });
    }
  });

  test("says that it is ready once the lease says so, also when a renewal was under way", () => {
    verifies("DLV-12");
    const kept = (ready: boolean): LeadEvent => ({ kind: "kept", lease: lease(9, ready) });
    expect(play(false, ...leading, { kind: "ready" }, kept(true)).said.slice(2)).toEqual([
      "write",
      "tell-ready",
    ]);
    expect(play(false, ...leading, due, { kind: "ready" }, kept(false), kept(true)).said.slice(2)).toEqual([
      "write",
      "write",
      "tell-ready",
    ]);
  });

  test("gives the lease up when its run has ended, and not before", () => {
    const stop: LeadEvent = { kind: "stop" };
    const ended: LeadEvent = { kind: "run-ended", outcome: { kind: "done" } };
    expect(play(false, ...leading, stop).said).toEqual(["take", "run", "quiesce"]);
    expect(play(false, ...leading, stop, ended).said.at(-1)).toBe("release");
    expect(play(false, ...leading, stop, ended, { kind: "released" }).state).toEqual({ kind: "ended" });
  });

  test("gives up for good what fails by itself, and looks who leads when its fence is gone", () => {
    const error = new Error("no checkpoint");
    const failed: LeadEvent = { kind: "run-ended", outcome: { kind: "failed", error } };
    expect(play(true, ...leading, failed, { kind: "released" }).state).toEqual({ kind: "ended", error });
    const deposed: LeadEvent = { kind: "run-ended", outcome: { kind: "deposed" } };
    expect(play(true, ...leading, deposed)).toEqual({ state: seekingLead, said: ["take", "run", "quiesce"] });
  });
});

/**
 * The world around the reducer. It keeps the promises of the events (a take, a write and a release are answered
 * once; a run ends once), and otherwise does whatever the dice say.
 */
class World {
  state: LeadState = seekingLead;
  running = false;
  disturbed = false;
  readonly owed = new Set<"take" | "write" | "release">();
  over = false;

  readonly rules: LeadRules;

  constructor(standing: LeadRules) {
    this.rules = standing;
  }

  send(event: LeadEvent): void {
    const before = this.state;
    const [after, commands] = transition(this.rules, before, event);
    if (this.over) {
      assert.equal(after, before);
      assert.deepEqual(commands, []);
    }
    this.state = after;
    if (event.kind === "run-ended") this.running = false;
    for (const command of commands) this.obey(command);
    if (after.kind === "ended") this.over = true;
    assert.equal(this.running && !this.disturbed, after.kind === "leading");
    if (after.kind !== "closing" && after.kind !== "leading") assert(!this.running);
  }

  obey(command: LeadCommand): void {
    switch (command.kind) {
      case "run":
        assert(!this.running);
        [this.running, this.disturbed] = [true, false];
        return;
      case "quiesce":
        this.disturbed = true;
        return;
      case "take":
      case "write":
      case "release":
        assert(!this.running || command.kind === "write");
        assert(!this.owed.has(command.kind));
        this.owed.add(command.kind);
        return;
      case "tell-ready":
        assert(this.running && !this.disturbed);
    }
  }

  /** Whether the world may say so now. */
  may({ kind }: LeadEvent): boolean {
    switch (kind) {
      case "acquired":
      case "missed":
        return this.owed.delete("take");
      case "kept":
      case "unkept":
        return this.owed.delete("write");
      case "released":
        return this.owed.delete("release");
      case "run-ended":
        return this.running && !this.owed.has("write");
      case "ready":
        return this.running && !this.disturbed;
      default:
        return true;
    }
  }
}

describe("whatever happens", () => {
  test("there is one run at a time, undisturbed only while it leads, and nothing after the end", () => {
    const view = fc.constantFrom(free, theirs(true), theirs(false), mine(9), unknown);
    const wanted = fc.boolean();
    const outcome = fc.constantFrom(
      { kind: "done" } as const,
      { kind: "deposed" } as const,
      { kind: "failed", error: 1 } as const,
    );
    const event: fc.Arbitrary<LeadEvent> = fc.oneof(
      fc.record({ kind: fc.constantFrom("seen", "served", "silent"), view, wanted }),
      fc.record({ kind: fc.constant("acquired" as const), lease: fc.constant(lease(8)) }),
      fc.record({ kind: fc.constant("kept" as const), lease: fc.constantFrom(lease(9), lease(10, true)) }),
      fc.record({ kind: fc.constant("unkept" as const), view }),
      fc.record({ kind: fc.constant("run-ended" as const), outcome }),
      fc.constantFrom<LeadEvent[]>(
        { kind: "missed" },
        { kind: "renewal-due" },
        { kind: "ready" },
        { kind: "released" },
      ),
      fc.record({ kind: fc.constantFrom("stop" as const, "renewal-due" as const) }),
    );
    fc.assert(
      fc.property(fc.boolean(), fc.array(event, { maxLength: 60 }), (standby, events) => {
        const world = new World(rules(standby));
        for (const one of events) if (world.may(one)) world.send(one);
      }),
      { numRuns: 2_000 },
    );
  });
});
