import { verifies } from "@cotal/requirements";
import { describe, expect, test } from "vitest";
import { attentionVerdict } from "../src/index.ts";

const attentions = [undefined, "open", "dnd", "focus"] as const;
const modes = [undefined, "quiet", "muted"] as const;

describe("attention", () => {
  test("lets direct messages and tasks through always", () => {
    verifies("WIRE-92");
    for (const kind of ["dm", "anycast"] as const) {
      for (const attention of attentions) {
        for (const mentioned of [true, false]) {
          expect(attentionVerdict({ kind, mentioned }, { attention, channelModes: { a: "muted" } })).toBe(
            "wake",
          );
        }
      }
    }
  });

  test("decides about posts by the channel's mode, the mention and the peer's own setting", () => {
    verifies("WIRE-92");
    const verdicts = attentions.flatMap((attention) =>
      modes.flatMap((mode) =>
        [true, false].map((mentioned) => {
          const channelModes = mode ? { a: mode } : {};
          const verdict = attentionVerdict(
            { kind: "channel", channel: "a", mentioned },
            { attention, channelModes },
          );
          return `${attention ?? "-"} ${mode ?? "-"} ${mentioned ? "mentioned" : "-"}: ${verdict}`;
        }),
      ),
    );
    const expected = attentions.flatMap((attention) => {
      const open = attention === undefined || attention === "open";
      const name = attention ?? "-";
      return [
        `${name} - mentioned: wake`,
        `${name} - -: ${open ? "wake" : "hold"}`,
        `${name} quiet mentioned: wake`,
        `${name} quiet -: hold`,
        `${name} muted mentioned: drop`,
        `${name} muted -: drop`,
      ];
    });
    expect(verdicts).toEqual(expected);
  });

  test("takes the mode of no other channel, nor one that is nobody's setting", () => {
    verifies("WIRE-92");
    for (const channel of ["b", "constructor", undefined]) {
      expect(
        attentionVerdict({ kind: "channel", channel, mentioned: false }, { channelModes: { a: "muted" } }),
      ).toBe("wake");
    }
  });
});
