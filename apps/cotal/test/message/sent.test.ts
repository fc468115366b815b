import type { RosterEntry } from "@cotal/endpoint";
import { verifies } from "@cotal/requirements";
import { asChannel, asOwnerId, asToken } from "@cotal/subjects";
import { protocolVersion } from "@cotal/wire";
import { describe, expect, test } from "vitest";
import { audienceOf, sentLine } from "../../src/message/sent.ts";
import type { Target } from "../../src/message/target.ts";
import { renderLine } from "../../src/report/line.ts";
import type { Seat } from "../../src/seat/seat.ts";

const bob = asOwnerId(`U${"A".repeat(55)}`);
const toBob: Target = { kind: "peer", to: "bob", id: bob };
const toRole = (role: string): Target => ({ kind: "role", role: asToken("role", role) });
const entry = (id: string, live: boolean, role?: string): RosterEntry => ({
  id,
  name: id,
  live,
  status: live ? "idle" : "offline",
  ...(role !== undefined && { role }),
});
const said = (target: Target, roster: readonly RosterEntry[], seats: readonly Seat[] = []): string => {
  const audience = audienceOf(target, { endpoint: { roster: () => roster }, seats });
  return renderLine(sentLine({ seq: 42, duplicate: false }, audience), false);
};

describe("of a message that is stored is said", () => {
  test("where, and nothing of anybody who has seen it", () => {
    verifies("CLI-8");
    expect(said({ kind: "channel", channel: asChannel("general") }, [])).toBe("stored seq 42");
    expect(said(toBob, [entry(bob, true)])).toBe("stored seq 42");
  });

  test("that its peer is offline, and since when if it said so", () => {
    verifies("CLI-8");
    expect(said(toBob, [])).toBe("stored seq 42; offline");
    const card = { id: bob, name: "bob", kind: "agent", protocolVersion } as const;
    const left: RosterEntry = { ...entry(bob, false), presence: { card, status: "offline", ts: 0 } };
    expect(said(toBob, [left])).toBe("stored seq 42; offline since 1970-01-01T00:00:00.000Z");
  });

  test("that an agent of this host is offline whose process has ended, whatever others have heard", () => {
    verifies("CLI-8");
    const name = asToken("name", "bob");
    const rights = { allowSubscribe: [], allowPublish: [] };
    const how = { work: { kind: "echo" }, cwd: "/", restart: "never", wanted: true } as const;
    const seat: Seat = { name, id: bob, ...rights, ...how };
    expect(said(toBob, [entry(bob, true)], [seat])).toBe("stored seq 42; offline");
  });

  test("how many workers are there for a role", () => {
    verifies("CLI-8");
    const roster = [entry("a", true, "w"), entry("b", false, "w"), entry("c", true, "other")];
    expect(said(toRole("w"), roster)).toBe("stored seq 42, 1 worker");
    expect(said(toRole("none"), roster)).toBe("stored seq 42, 0 workers");
  });

  test("that it was stored before", () => {
    const sent = { seq: 42, duplicate: true };
    expect(renderLine(sentLine(sent, { kind: "unknown" }), false)).toBe("stored seq 42, as it was before");
  });
});
