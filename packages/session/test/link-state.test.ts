import assert from "node:assert/strict";
import { verifies } from "@cotal/requirements";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { idleLink, type LinkCommand, type LinkEvent, type LinkState, transition } from "../src/link-state.ts";

/**
 * The world around the reducer: it keeps every promise the events make (each dialled epoch ends
 * exactly once, a timer falls due only while it is set), and otherwise does whatever the dice say.
 */
class World {
  state: LinkState = idleLink;
  open = new Set<number>();
  timers = new Set<number>();
  dialled: number[] = [];
  stopped = false;
  live = 0;

  send(event: LinkEvent): void {
    const before = this.state;
    const [after, commands] = transition(before, event);
    if (this.stopped) {
      assert.equal(after, before);
      assert.deepEqual(commands, []);
    }
    this.state = after;
    for (const command of commands) this.obey(command);
    if (after.kind === "stopped") this.stopped = true;
    if (after.kind === "live") this.live++;
    this.check();
  }

  obey(command: LinkCommand): void {
    switch (command.kind) {
      case "dial":
        assert.equal(command.epoch, (this.dialled.at(-1) ?? 0) + 1);
        this.dialled.push(command.epoch);
        this.open.add(command.epoch);
        return;
      case "bind":
      case "close":
        assert(this.open.has(command.epoch));
        return;
      case "set-timer":
        this.timers.add(command.epoch);
        return;
      case "clear-timer":
        assert.equal(this.timers.size, 1);
        this.timers.clear();
    }
  }

  check(): void {
    assert(this.open.size <= 1);
    assert.equal(this.timers.size, this.state.kind === "waiting" ? 1 : 0);
    if (this.state.kind === "waiting" || this.state.kind === "stopped" || this.state.kind === "idle") {
      assert.equal(this.open.size, 0);
    } else {
      assert.deepEqual([...this.open], [this.state.epoch]);
    }
  }

  end(fatal: boolean, held: boolean): void {
    for (const epoch of [...this.open]) {
      this.open.delete(epoch);
      this.send({ kind: "ended", epoch, held, failure: { fatal, error: new Error("lost") } });
    }
  }

  due(): void {
    for (const epoch of [...this.timers]) {
      this.timers.delete(epoch);
      this.send({ kind: "due", epoch });
    }
  }
}

type Move = "start" | "opened" | "bound" | "lost" | "end" | "due" | "late-due" | "reconnect" | "stop";
const often: readonly Move[] = [
  "opened",
  "bound",
  "lost",
  "end",
  "due",
  "reconnect",
  "opened",
  "bound",
  "due",
];
const step = fc.record({
  move: fc.constantFrom<Move>("start", "late-due", "stop", "start", ...often, ...often),
  dice: fc.nat(19),
});

const moves: Readonly<Record<Move, (world: World, epoch: number, dice: number) => void>> = {
  start: (world, _, dice) => world.send({ kind: "start", retryFirst: dice > 4 }),
  opened: (world, epoch, dice) => world.send({ kind: "opened", epoch: dice === 0 ? epoch - 1 : epoch }),
  bound: (world, epoch, dice) => world.send({ kind: "bound", epoch: dice === 0 ? epoch - 1 : epoch }),
  lost: (world, epoch, dice) => world.send({ kind: "lost", epoch: dice === 0 ? epoch - 1 : epoch }),
  end: (world, _, dice) => world.end(dice === 0, dice % 2 === 0),
  due: (world) => world.due(),
  "late-due": (world, epoch, dice) => world.send({ kind: "due", epoch: epoch - 1 - dice }),
  reconnect: (world) => world.send({ kind: "reconnect" }),
  stop: (world, _, dice) => {
    if (dice < 4) world.send({ kind: "stop" });
  },
};

function play(world: World, move: Move, dice: number): void {
  moves[move](world, "epoch" in world.state ? world.state.epoch : 1, dice);
}

/** Plays until the world is at rest: what is open ends, what is set falls due, or the link is live. */
function settle(world: World): void {
  for (let turn = 0; turn < 10; turn++) {
    const { state } = world;
    if (state.kind === "live" || state.kind === "stopped" || state.kind === "idle") return;
    if (state.kind === "dialing") world.send({ kind: "opened", epoch: state.epoch });
    else if (state.kind === "binding") world.send({ kind: "bound", epoch: state.epoch });
    else if (state.kind === "closing") world.end(false, false);
    else world.due();
  }
}

const error = new Error("lost");
const failure = { fatal: false, error };

describe("link state", () => {
  test("keeps its invariants in 20,000 random histories and always comes to rest", () => {
    verifies("SESS-1", "SESS-2", "SESS-3", "SESS-4", "SESS-5");
    let everLive = 0;
    let everStopped = 0;
    fc.assert(
      fc.property(fc.array(step, { minLength: 20, maxLength: 60 }), (steps) => {
        const world = new World();
        for (const { move, dice } of steps) play(world, move, dice);
        if (world.live > 0) everLive++;
        if (world.stopped) everStopped++;
        settle(world);
        expect(["idle", "live", "stopped"]).toContain(world.state.kind);
      }),
      { numRuns: 20_000 },
    );
    expect(everLive).toBeGreaterThan(2_000);
    expect(everStopped).toBeGreaterThan(2_000);
  });

  test("without leave to retry, the first failure stops the link with its reason", () => {
    verifies("SESS-6");
    const [dialing] = transition(idleLink, { kind: "start", retryFirst: false });
    const [state, commands] = transition(dialing, { kind: "ended", epoch: 1, held: false, failure });
    expect(state).toEqual({ kind: "stopped", failure });
    expect(commands).toEqual([]);
  });

  test("a link that was live once retries whatever its first dial was allowed", () => {
    verifies("SESS-6");
    const live = run([
      { kind: "start", retryFirst: false },
      { kind: "opened", epoch: 1 },
      { kind: "bound", epoch: 1 },
    ]);
    const [lost] = transition(live, { kind: "lost", epoch: 1 });
    expect(lost.kind).toBe("closing");
    expect(transition(lost, { kind: "ended", epoch: 1, held: false, failure })[0].kind).toBe("waiting");
  });

  test("a fatal failure stops a live link", () => {
    verifies("SESS-7");
    const live = run([
      { kind: "start", retryFirst: true },
      { kind: "opened", epoch: 1 },
      { kind: "bound", epoch: 1 },
      { kind: "lost", epoch: 1 },
    ]);
    const fatal = { fatal: true, error };
    const [state] = transition(live, { kind: "ended", epoch: 1, held: true, failure: fatal });
    expect(state).toEqual({ kind: "stopped", failure: fatal });
  });

  test("the wait grows with every epoch that did not hold and starts over after one that did", () => {
    verifies("SESS-8");
    let state = run([{ kind: "start", retryFirst: true }]);
    const attempts: unknown[] = [];
    for (const held of [false, false, false, true, false]) {
      const epoch = "epoch" in state ? state.epoch : 0;
      const [waiting, commands] = transition(state, { kind: "ended", epoch, held, failure });
      attempts.push(commands);
      state = transition(waiting, { kind: "due", epoch })[0];
    }
    expect(attempts).toEqual(
      [1, 2, 3, 1, 2].map((attempt, at) => [{ kind: "set-timer", epoch: at + 1, attempt }]),
    );
  });

  test("reconnect during the wait dials at once", () => {
    verifies("SESS-9");
    const waiting = run([
      { kind: "start", retryFirst: true },
      { kind: "ended", epoch: 1, held: false, failure },
    ]);
    expect(transition(waiting, { kind: "reconnect" })[1]).toEqual([
      { kind: "clear-timer" },
      { kind: "dial", epoch: 2 },
    ]);
  });

  test("reconnecting again and again makes one rebuild", () => {
    verifies("SESS-9");
    const world = new World();
    for (const event of [
      { kind: "start", retryFirst: true },
      { kind: "opened", epoch: 1 },
      { kind: "bound", epoch: 1 },
      { kind: "reconnect" },
      { kind: "reconnect" },
    ] as const) {
      world.send(event);
    }
    world.end(false, false);
    world.send({ kind: "reconnect" });
    settle(world);
    expect(world.dialled).toEqual([1, 2]);
  });
});

function run(events: readonly LinkEvent[]): LinkState {
  return events.reduce((state, event) => transition(state, event)[0], idleLink);
}
