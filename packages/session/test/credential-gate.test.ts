import { verifies } from "@cotal/requirements";
import { CotalError } from "@cotal/subjects";
import { expect, test } from "vitest";
import { createCredentialGate } from "../src/credential-gate.ts";

test("a refusal is fatal only when the source has nothing new to offer", async () => {
  verifies("SESS-7");
  let mark = "old";
  const gate = createCredentialGate(() => ({ mark, options: {} }));
  const refused = new CotalError("auth-refused", "no");
  const expired = new CotalError("auth-expired", "too late");
  await gate.read();
  expect(await gate.isFatal(refused)).toBe(true);
  expect(await gate.isFatal(expired)).toBe(true);
  expect(await gate.isFatal(new CotalError("unreachable", "nobody there"))).toBe(false);
  mark = "new";
  expect(await gate.isFatal(expired)).toBe(false);
  expect((await gate.read()).mark).toBe("new");
  expect(await gate.isFatal(refused)).toBe(true);
});
