import { verifies } from "@cotal/requirements";
import { asChannelPattern, asOwnerId, asToken } from "@cotal/subjects";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Manifest } from "../../src/manifest/manifest.ts";
import { type Plan, planOf, type Standing, type StandingAgent } from "../../src/manifest/plan.ts";
import type { SpawnOrder } from "../../src/seat/take-seat.ts";
import { failureOf } from "../support.ts";

const general = [asChannelPattern("general")];
const order = (name: string, more: Partial<SpawnOrder> = {}): SpawnOrder => ({
  name: asToken("name", name),
  work: { kind: "echo" },
  cwd: "/",
  restart: "never",
  allowSubscribe: general,
  allowPublish: general,
  environment: { inherited: {}, given: {} },
  ...more,
});

/** An agent as it stands once the order for it was carried out. */
function standing(
  { environment, ...rest }: SpawnOrder,
  state: StandingAgent["state"] = "running",
): StandingAgent {
  const id = asOwnerId(`U${"A".repeat(55)}`);
  return { seat: { ...rest, id, wanted: true }, given: environment.given, state };
}

const nothing = Manifest.parse({});
const told = ({ steps }: Plan): string[] =>
  steps.map(({ change, name, because }) => [change, name, ...because].join(" "));
const agentPlan = (asked: SpawnOrder, agents: readonly StandingAgent[]): string[] =>
  told(planOf(nothing, [asked], { channels: new Map(), agents }));

describe("what is to be done for an agent", () => {
  test("that is not there: it is spawned", () => {
    expect(agentPlan(order("bob"), [])).toEqual(["spawn bob"]);
  });

  test("that is as it is to be: nothing, also when it has done its work", () => {
    expect(agentPlan(order("bob"), [standing(order("bob"))])).toEqual([]);
    expect(agentPlan(order("bob"), [standing(order("bob"), "done")])).toEqual([]);
  });

  test("that does not run: it is started", () => {
    expect(agentPlan(order("bob"), [standing(order("bob"), "ended")])).toEqual(["start bob"]);
  });

  test("with other rights: it gets them, and goes on", () => {
    const fewer = order("bob", { allowPublish: [] });
    expect(agentPlan(fewer, [standing(order("bob"))])).toEqual(["rights bob rights"]);
    expect(agentPlan(fewer, [standing(order("bob"), "ended")])).toEqual(["start bob rights"]);
  });

  test.each([
    ["work", { work: { kind: "command", words: ["ls"], surface: "pipes" } }],
    ["cwd", { cwd: "/tmp" }],
    ["subscribe", { subscribe: general }],
    ["restart", { restart: "always" }],
    ["env", { environment: { inherited: {}, given: { A: "1" } } }],
  ] as const)("with another %s: it is started anew", (what, more) => {
    expect(agentPlan(order("bob", more), [standing(order("bob"))])).toEqual([`respawn bob ${what}`]);
    const both = order("bob", { ...more, allowSubscribe: [] });
    expect(agentPlan(both, [standing(order("bob"))])).toEqual([`respawn bob rights ${what}`]);
  });

  test("with another role: it is refused, as that is somebody else", async () => {
    verifies("CLI-150");
    const asked = order("bob", { role: asToken("role", "adder") });
    const failure = await failureOf(async () => agentPlan(asked, [standing(order("bob"))]));
    expect(failure).toMatchObject({ code: "rights-differ", hint: expect.stringContaining("cotal rm bob") });
  });

  test("that the manifest does not name: it is left", () => {
    verifies("CLI-150");
    const agents = [standing(order("ann")), standing(order("bob"))];
    const plan = planOf(nothing, [order("bob")], { channels: new Map(), agents });
    expect(plan).toEqual({ steps: [], left: ["ann"] });
  });
});

describe("what is to be done for a channel", () => {
  const channelPlan = (fields: object, channels: Standing["channels"]): string[] =>
    told(planOf(Manifest.parse({ channels: { general: fields } }), [], { channels, agents: [] }));

  test("is to set what differs, and nothing else", () => {
    const before = new Map([["general", { v: 1, deliveryClass: "durable", description: "talk" }] as const]);
    expect(channelPlan({ class: "durable" }, before)).toEqual([]);
    expect(channelPlan({ class: "live", description: "talk" }, before)).toEqual(["set general class"]);
    expect(channelPlan({ replay: false }, before)).toEqual(["set general replay"]);
    expect(channelPlan({}, new Map())).toEqual([]);
  });

  test("is everything while nobody can be asked", () => {
    expect(channelPlan({ class: "live" }, undefined)).toEqual(["set general class"]);
  });
});

test("where everything is as it is to be, nothing is to be done", () => {
  verifies("CLI-150");
  const names = fc.uniqueArray(fc.constantFrom("a", "b", "c", "d"), { maxLength: 4 });
  const variables = fc.dictionary(fc.constantFrom("A", "B", "C"), fc.string(), { maxKeys: 3 });
  const anyOrder = fc.record({
    restart: fc.constantFrom("never", "on-failure", "always"),
    cwd: fc.constantFrom("/", "/tmp"),
    environment: variables.map((given) => ({ inherited: {}, given })),
    allowPublish: fc.subarray(["a", "b", "c"].map(asChannelPattern)),
  });
  fc.assert(
    fc.property(names, fc.array(anyOrder, { minLength: 4, maxLength: 4 }), (chosen, more) => {
      const orders = chosen.map((name, at) => order(name, more[at] as Partial<SpawnOrder>));
      const agents = orders.map((each) => standing(shuffled(each)));
      expect(planOf(nothing, orders, { channels: new Map(), agents })).toEqual({ steps: [], left: [] });
    }),
  );
});

/** The same, with its variables and channels in another order. */
function shuffled(one: SpawnOrder): SpawnOrder {
  const given = Object.fromEntries(Object.entries(one.environment.given).reverse());
  return {
    ...one,
    allowPublish: [...one.allowPublish].reverse(),
    environment: { ...one.environment, given },
  };
}
