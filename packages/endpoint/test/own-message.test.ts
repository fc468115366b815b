import { verifies } from "@cotal/requirements";
import { expect, test } from "vitest";
import { ownDisposition } from "../src/own-message.ts";
import { alice, arrivalOf, bob } from "./support-receiving.ts";

test("own channel posts and direct messages are acked, those of others are handed over", () => {
  verifies("ENDP-30");
  for (const source of ["live", "backstop", "history", "dm"] as const) {
    expect(ownDisposition(arrivalOf({ source, sender: bob }), bob)).toEqual({ kind: "ack" });
    expect(ownDisposition(arrivalOf({ source, sender: alice }), bob)).toBeUndefined();
  }
});

test("own work is left to others five times, a second each, and then handed over", () => {
  verifies("ENDP-31");
  const fate = (deliveries: number) =>
    ownDisposition(arrivalOf({ source: "anycast", sender: bob, deliveries }), bob);
  for (const deliveries of [1, 2, 3, 4, 5])
    expect(fate(deliveries)).toEqual({ kind: "retry", delayMs: 1_000 });
  expect(fate(6)).toBeUndefined();
});
