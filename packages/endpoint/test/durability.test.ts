import { verifies } from "@cotal/requirements";
import { asChannelPattern } from "@cotal/subjects";
import { expect, test } from "vitest";
import { type DurabilityFacts, durabilityOf } from "../src/durability.ts";

const facts: DurabilityFacts = {
  open: false,
  mode: "peer",
  space: { backstop: true },
  config: { deliveryClass: "durable" },
};

function reasonOf(more: Partial<DurabilityFacts>, channel = "general"): string {
  const durable = durabilityOf(asChannelPattern(channel), { ...facts, ...more });
  return durable.kind === "durable" ? "durable" : durable.reason;
}

test("what a membership is for is decided by the space, the channel and its class", () => {
  verifies("ENDP-12", "ENDP-43", "ENDP-47");
  expect(reasonOf({})).toBe("durable");
  expect(reasonOf({ open: true })).toBe("open-space");
  expect(reasonOf({ mode: "observer" })).toBe("mode");
  expect(reasonOf({}, "team.>")).toBe("pattern");
  expect(reasonOf({ space: { backstop: false } })).toBe("no-backstop");
  expect(reasonOf({ config: { deliveryClass: "live" } })).toBe("live-class");
});
