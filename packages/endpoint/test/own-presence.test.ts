import { verifies } from "@cotal/requirements";
import { CotalError } from "@cotal/subjects";
import { generateSeed, type Presence, protocolVersion, publicFromSeed } from "@cotal/wire";
import { describe, expect, test } from "vitest";
import { changePresence, type OwnChange } from "../src/own-presence.ts";

const id = publicFromSeed(generateSeed("user"));
const presence: Presence = {
  card: { id, name: "ada", kind: "agent", protocolVersion },
  status: "idle",
  ts: 1,
};

function codeOf(change: OwnChange): string {
  try {
    changePresence(presence, change, 2);
  } catch (error) {
    if (error instanceof CotalError) return error.code;
    throw error;
  }
  return "no failure";
}

describe("a change of one's own presence", () => {
  test("that changes nothing gives the same record, with its old moment", () => {
    verifies("ENDP-62");
    for (const change of [{}, { status: "idle" }, { activity: undefined }] satisfies OwnChange[]) {
      expect(changePresence(presence, change, 2)).toBe(presence);
    }
  });

  test("gives a record of the present moment, and takes a field away by `undefined`", () => {
    verifies("ENDP-62");
    const busy = changePresence(presence, { status: "working", activity: "reading" }, 2);
    expect(busy).toEqual({ ...presence, status: "working", activity: "reading", ts: 2 });
    expect(changePresence(busy, { activity: undefined }, 3)).toEqual({
      ...presence,
      status: "working",
      ts: 3,
    });
  });

  test("is refused when it makes no record or one too large for everybody to get", () => {
    expect(codeOf({ status: "asleep" as "idle" })).toBe("invalid-record");
    expect(codeOf({ channelModes: { "team.>": "muted" } })).toBe("invalid-record");
    expect(codeOf({ activity: "x".repeat(20_000) })).toBe("too-large");
  });
});
