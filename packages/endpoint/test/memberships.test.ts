import { verifies } from "@cotal/requirements";
import { createScope, type Scope, type Session } from "@cotal/session";
import { asChannel, CotalError } from "@cotal/subjects";
import { describe, expect, test } from "vitest";
import type { DeliveryService } from "../src/delivery-service.ts";
import { createMemberships } from "../src/memberships.ts";
import type { PastReader } from "../src/parts.ts";
import { fakeCore } from "./support-receiving.ts";

const general = asChannel("general");
const silence = () => new CotalError("no-responders", "nobody serves this subject");

function world() {
  const { core, clock, faults } = fakeCore({ session: () => session });
  const scopes: Scope[] = [];
  const newSession = (): Session => {
    const scope = createScope({ clock, onFault: (_, error) => core.fault("scope", error) });
    scopes.push(scope);
    return { scope } as Session;
  };
  let session = newSession();
  const asks: { readonly op: string; readonly at: number; readonly since?: number }[] = [];
  const state = { isLed: false };
  const answer = async <T>(value: T): Promise<T> => {
    if (!state.isLed) throw silence();
    return value;
  };
  const service = {
    join: (_: unknown, since: number) => {
      asks.push({ op: "join", at: clock.uptime(), since });
      return answer({ kind: "held", generation: 1 } as const);
    },
    leave: () => {
      asks.push({ op: "leave", at: clock.uptime() });
      return answer(undefined);
    },
  } as Partial<DeliveryService> as DeliveryService;
  const past = { frontier: async () => 42 } as Partial<PastReader> as PastReader;
  const memberships = createMemberships(core, { service, past, onChange: () => undefined, random: () => 1 });
  memberships.attach(session);
  const reconnect = async (): Promise<void> => {
    await session.scope.dispose();
    session = newSession();
    memberships.attach(session);
  };
  return { clock, asks, state, memberships, faults, reconnect, scopes };
}

describe("memberships", () => {
  test("are asked for every 1 to 30 seconds, slower and slower, until they are held", async () => {
    verifies("ENDP-42", "ENDP-44");
    const { clock, asks, state, memberships, faults } = world();
    memberships.want(general, 7);
    await clock.advance(120_000);
    const waits = asks.map(({ at }, index) => at - (asks[index - 1]?.at ?? 0)).slice(1);
    expect(waits).toEqual([2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
    expect(asks.every(({ since }) => since === 7)).toBe(true);
    expect(memberships.state(general)).toEqual({ durable: "unavailable", reason: "delivery-unavailable" });
    expect(faults.map(({ code }) => code)).toEqual(["no-responders"]);
    state.isLed = true;
    await clock.advance(30_000);
    expect(memberships.state(general)).toEqual({ durable: "held", generation: 1 });
    const before = asks.length;
    await clock.advance(300_000);
    expect(asks).toHaveLength(before);
  });

  test("are asked for at once on a new connection, and by nobody while there is none", async () => {
    const { clock, asks, state, memberships, reconnect, scopes } = world();
    memberships.want(general);
    await clock.advance(0);
    expect(asks).toEqual([{ op: "join", at: 0, since: 42 }]);
    await scopes[0]?.dispose();
    await clock.advance(60_000);
    expect([asks.length, clock.pending]).toEqual([1, 0]);
    state.isLed = true;
    await reconnect();
    await clock.advance(0);
    expect(memberships.state(general)?.durable).toBe("held");
  });

  test("that are not wanted any more are ended for as long as it takes", async () => {
    verifies("ENDP-50");
    const { clock, asks, state, memberships } = world();
    state.isLed = true;
    memberships.want(general, 7);
    await clock.advance(0);
    state.isLed = false;
    memberships.end(general);
    await clock.advance(100_000);
    expect(memberships.state(general)).toMatchObject({ durable: "closing", reason: "delivery-unavailable" });
    expect(asks.filter(({ op }) => op === "leave").length).toBeGreaterThan(4);
    state.isLed = true;
    await clock.advance(30_000);
    expect([memberships.state(general), memberships.channels]).toEqual([undefined, []]);
  });

  test("stay as they were when a leave fails, and a wait for them ends with its signal", async () => {
    verifies("ENDP-46", "ENDP-11");
    const { clock, state, memberships } = world();
    state.isLed = true;
    memberships.want(general, 7);
    await clock.advance(0);
    state.isLed = false;
    await expect(memberships.leave(general)).rejects.toMatchObject({ code: "delivery-unavailable" });
    expect(memberships.state(general)).toEqual({ durable: "held", generation: 1 });
    const enough = new Error("enough");
    memberships.end(general);
    await expect(memberships.settled(general, AbortSignal.abort(enough))).rejects.toBe(enough);
  });
});
