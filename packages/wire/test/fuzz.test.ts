import { randomInt } from "node:crypto";
import { verifies } from "@cotal/requirements";
import { describe, expect, test } from "vitest";
import { createSignatureVerifier, type RejectReason, rejectReasons, verifyDelivery } from "../src/index.ts";
import { mutated } from "./fuzz-mutation.ts";
import { objectionTo, originOf, published } from "./fuzz-oracle.ts";
import { arrivalOf, deliveryOf, publishSome } from "./fuzz-world.ts";
import { now } from "./posts.ts";
import { createRandom } from "./random.ts";

describe("verification", () => {
  test("takes of 120,000 random and damaged entries exactly those that were sent to this path just now", () => {
    verifies("WIRE-50", "WIRE-36", "WIRE-37", "WIRE-40", "WIRE-51", "WIRE-52", "WIRE-53", "WIRE-54");
    verifies("WIRE-55", "WIRE-60");
    const random = createRandom(randomInt(2 ** 31));
    const pool = publishSome(random);
    const genuine = published(pool);
    const signatures = createSignatureVerifier({ now: () => now, maxRemembered: 64 });
    const seen: Partial<Record<RejectReason | "ok" | "gap", number>> = {};
    for (let round = 0; round < 120_000; round++) {
      const entry = mutated(random, arrivalOf(random, random.pick(pool)), pool);
      const verdict = verifyDelivery(deliveryOf(entry, { maxBytes: 4096, signatures }));
      const outcome = verdict.verdict === "reject" ? verdict.reason : verdict.verdict;
      seen[outcome] = (seen[outcome] ?? 0) + 1;
      const objection = objectionTo(entry, genuine);
      const context = `seed ${random.seed}, round ${round}: ${outcome}, but ${objection}; ${JSON.stringify(entry)}`;
      expect(outcome === "ok", context).toBe(objection === undefined);
      if (verdict.verdict !== "ok") continue;
      const message: unknown = JSON.parse(Buffer.from(entry.bytes).toString());
      expect(verdict, context).toMatchObject({ ...originOf(entry), message });
    }
    expect(seen.ok).toBeGreaterThan(10_000);
    const reached = rejectReasons.filter((reason) => (seen[reason] ?? 0) > 20);
    expect(reached).toEqual(rejectReasons.filter((reason) => reason !== "too-large"));
  });
});
