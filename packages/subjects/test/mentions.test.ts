import { verifies } from "@cotal/requirements";
import fc from "fast-check";
import { expect, test } from "vitest";
import { normaliseMentions } from "../src/index.ts";

test("names are trimmed, in lower case, each once, in the given order", () => {
  verifies("SUBJ-22");
  expect(normaliseMentions([" Bob", "ALICE", "bob\t", "", "  ", "Ünal"])).toEqual(["bob", "alice", "ünal"]);
  expect(normaliseMentions([])).toEqual([]);
});

test("normalising what is normal changes nothing", () => {
  verifies("SUBJ-22");
  const name = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom("Σ", "ΑΣ", "İ", "ẞ", " a ", "A", "\u00a0x\ufeff"),
  );
  fc.assert(
    fc.property(fc.array(name), (names) => {
      const once = normaliseMentions(names);
      expect(normaliseMentions(once)).toEqual(once);
      expect(new Set(once).size).toBe(once.length);
      expect(once).not.toContain("");
    }),
    { numRuns: 5000 },
  );
});
