import { verifies } from "@cotal/requirements";
import { describe, expect, test } from "vitest";
import { configChange, configFacts } from "../../src/rights/channel-config.ts";
import { failureOf } from "../support.ts";

describe("what is set for a channel", () => {
  test("changes in the fields that are named, and keeps what it does not know", () => {
    verifies("CLI-123");
    const before = { v: 1, description: "news", replay: true, later: 7 } as const;
    expect(configChange({ class: "live", replay: false })(before)).toEqual({
      ...before,
      deliveryClass: "live",
      replay: false,
    });
    expect(configChange({ unset: ["description", "replay"] })(before)).toEqual({ v: 1, later: 7 });
    expect(configChange({ instructions: "be brief" })(undefined)).toEqual({ v: 1, instructions: "be brief" });
  });

  test("is refused when nothing is named, or a field both ways", async () => {
    verifies("CLI-123");
    expect(await failureOf(() => configChange({}))).toMatchObject({ code: "usage" });
    expect(await failureOf(() => configChange({ unset: ["class"], class: "live" }))).toMatchObject({
      code: "usage",
    });
  });

  test("is told apart from what holds by default", () => {
    verifies("CLI-123");
    const facts = Object.fromEntries(
      configFacts({ v: 1, replay: false }, { deliveryClass: "durable", replay: false }),
    );
    expect(facts).toMatchObject({ class: "durable (by default)", replay: "off", description: "-" });
  });
});
