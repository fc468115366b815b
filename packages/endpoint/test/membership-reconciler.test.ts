import { verifies } from "@cotal/requirements";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Membership,
  type MembershipCommand,
  type MembershipEvent,
  transition,
} from "../src/membership-reconciler.ts";

type Intent = "none" | "wanted" | "trying" | "unwanted";
type Action =
  | { readonly do: "want" | "try-leave" | "end" | "due" }
  | { readonly do: "answer"; readonly effect: boolean; readonly arrives: boolean; readonly evicted: boolean };

/** The reconciler of one channel against a service that holds one membership and may fail in every way. */
class World {
  state: Membership | undefined;
  intent: Intent = "none";
  request: Exclude<MembershipCommand, { kind: "wait" }> | undefined;
  isWaiting = false;
  held: number | undefined;
  #generation = 0;
  readonly sinces: (number | undefined)[] = [];

  feed(event: MembershipEvent): void {
    const [next, command] = transition(this.state, event);
    this.state = next;
    if (!command) return;
    this.isWaiting = command.kind === "wait";
    if (command.kind === "wait") return;
    expect(this.request, "two requests at once").toBeUndefined();
    this.request = command;
    if (command.kind === "join") this.sinces.push(command.since);
  }

  act(action: Action): void {
    switch (action.do) {
      case "want":
        if (this.intent !== "trying") this.intent = "wanted";
        this.feed({ kind: "want", since: 7 });
        return;
      case "try-leave":
        if (this.intent !== "unwanted" || this.state === undefined) this.intent = "trying";
        this.feed({ kind: "try-leave" });
        return;
      case "end":
        if (this.intent !== "none") this.intent = "unwanted";
        this.feed({ kind: "end" });
        return;
      case "due":
        if (this.isWaiting) this.feed({ kind: "due" });
        return;
      case "answer":
        this.answer(action);
    }
  }

  answer({ effect, arrives, evicted }: Extract<Action, { do: "answer" }>): void {
    const { request } = this;
    if (!request) return;
    this.request = undefined;
    if (request.kind === "join") {
      if (effect) this.held ??= ++this.#generation;
      if (effect && arrives) this.feed({ kind: "joined", generation: this.held ?? 0 });
      else this.feed({ kind: "join-failed", code: "no-responders", evicted });
      return;
    }
    if (effect) this.held = undefined;
    if (effect && arrives) {
      if (this.intent === "trying") this.intent = "unwanted";
      this.feed({ kind: "left" });
      return;
    }
    if (this.intent === "trying") this.intent = "wanted";
    this.feed({ kind: "leave-failed", code: "no-responders", certain: !effect });
  }

  /** From now on the service answers. */
  converge(): void {
    const works = { do: "answer", effect: true, arrives: true, evicted: false } as const;
    for (let step = 0; step < 10 && (this.request || this.isWaiting); step++) {
      if (this.request) this.answer(works);
      else this.act({ do: "due" });
    }
    expect([this.request, this.isWaiting]).toEqual([undefined, false]);
  }
}

const action: fc.Arbitrary<Action> = fc.oneof(
  fc.record({ do: fc.constantFrom("want" as const, "try-leave" as const, "end" as const, "due" as const) }),
  fc.record({
    do: fc.constant("answer" as const),
    effect: fc.boolean(),
    arrives: fc.boolean(),
    evicted: fc.boolean(),
  }),
);

function after(events: readonly MembershipEvent[]): Membership | undefined {
  return events.reduce<Membership | undefined>((state, event) => transition(state, event)[0], undefined);
}

describe("the reconciler of a membership", () => {
  test("asks one thing at a time, and comes to what is wanted as soon as the service answers", () => {
    verifies("ENDP-44", "ENDP-50");
    fc.assert(
      fc.property(fc.array(action, { maxLength: 40 }), (actions) => {
        const world = new World();
        for (const one of actions) world.act(one);
        world.converge();
        expect(world.held !== undefined).toBe(world.intent === "wanted");
        expect(world.state?.kind).toBe(world.intent === "wanted" ? "held" : undefined);
      }),
      { numRuns: 2_000 },
    );
  });

  test("passes on from where posts are to be kept, until the service says that they are gone", () => {
    verifies("ENDP-38");
    const failed: MembershipEvent = { kind: "join-failed", code: "no-responders" };
    const events: MembershipEvent[] = [{ kind: "want", since: 7 }, failed];
    expect(transition(after(events), { kind: "due" })[1]).toEqual({ kind: "join", since: 7 });
    const gone = [...events, { kind: "due" } as const, { ...failed, evicted: true } as const];
    expect(transition(after(gone), { kind: "due" })[1]).toEqual({ kind: "join" });
  });

  test("waits longer after each failure", () => {
    const failed: MembershipEvent = { kind: "join-failed", code: "no-responders" };
    const once = transition(after([{ kind: "want" }]), failed);
    const twice = transition(transition(once[0], { kind: "due" })[0], failed);
    expect([once[1], twice[1]]).toEqual([
      { kind: "wait", attempt: 1 },
      { kind: "wait", attempt: 2 },
    ]);
  });

  test("holds what it held when a leave did surely nothing, and asks anew when that is not sure", () => {
    verifies("ENDP-46");
    const held = after([{ kind: "want" }, { kind: "joined", generation: 3 }]);
    const [leaving, command] = transition(held, { kind: "try-leave" });
    expect(command).toEqual({ kind: "leave", generation: 3 });
    const failed = { kind: "leave-failed", code: "no-responders" } as const;
    expect(transition(leaving, { ...failed, certain: true })[0]).toEqual({ kind: "held", generation: 3 });
    expect(transition(leaving, { ...failed, certain: false })[0]).toMatchObject({ kind: "unheld" });
  });

  test("after a failed leave still wants everything since it joined", () => {
    verifies("ENDP-38");
    const failed: MembershipEvent = { kind: "leave-failed", code: "outcome-unknown", certain: false };
    const joined: MembershipEvent = { kind: "joined", generation: 3 };
    const asked: MembershipEvent = { kind: "join-failed", code: "no-responders" };
    for (const answer of [joined, asked]) {
      const state = after([{ kind: "want", since: 7 }, answer, { kind: "try-leave" }, failed]);
      expect(transition(state, { kind: "due" })[1]).toEqual({ kind: "join", since: 7 });
    }
  });
});
