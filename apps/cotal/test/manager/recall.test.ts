import { verifies } from "@cotal/requirements";
import { asOwnerId, asToken } from "@cotal/subjects";
import { describe, expect, test } from "vitest";
import { afterLoss, isMissing, isToReturn } from "../../src/manager/recall.ts";
import type { Seat } from "../../src/seat/seat.ts";
import { newState, type SeatState } from "../../src/seat/seat-state.ts";

const dead = { pid: 1, startTime: "long ago", since: 0, socket: "s" };
const seat: Seat = {
  name: asToken("name", "bob"),
  id: asOwnerId(`U${"A".repeat(55)}`),
  work: { kind: "echo" },
  cwd: "/",
  restart: "on-failure",
  wanted: true,
  allowSubscribe: [],
  allowPublish: [],
  holder: dead,
};
const running: SeatState = { ...newState, phase: "running" };
const done: SeatState = { ...newState, phase: "ended", exit: { code: 0, signal: null } };
const { holder: _, ...told } = seat;
const kindAfter = (lost: Seat, state: SeatState): string =>
  afterLoss(lost, state, { soon: 0, now: 60_000 }).kind;

describe("a manager", () => {
  test("looks only at agents that are to run, start again by themselves, and have no process", () => {
    verifies("CLI-54");
    expect(isMissing(seat)).toBe(true);
    expect(isMissing({ ...seat, wanted: false })).toBe(false);
    expect(isMissing({ ...seat, restart: "never" })).toBe(false);
  });

  test("brings back at its first look whatever is to run, but not what has done its work", () => {
    verifies("CLI-54");
    expect(isToReturn(seat, running)).toBe(true);
    expect(isToReturn(told, running)).toBe(true);
    expect(isToReturn(seat, done)).toBe(false);
    expect(isToReturn({ ...seat, restart: "always" }, done)).toBe(true);
    expect(isToReturn(seat, { ...done, exit: { code: 1, signal: null } })).toBe(true);
  });

  test("brings back later who has died, leaves who was told to end by its policy, and who is over", () => {
    verifies("CLI-39");
    expect(kindAfter(seat, running)).toBe("again");
    expect(kindAfter(told, running)).toBe("over");
    expect(kindAfter({ ...told, restart: "always" }, running)).toBe("again");
    expect(kindAfter({ ...seat, restart: "always" }, done)).toBe("over");
    expect(afterLoss(seat, running, { soon: 4, now: 1 })).toEqual({ kind: "over", why: "crash-loop" });
  });
});
