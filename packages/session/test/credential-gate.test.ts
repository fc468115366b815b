import { verifies } from "@cotal/requirements";
import { CotalError } from "@cotal/subjects";
import { expect, test } from "vitest";
import { systemClock } from "../src/clock.ts";
import { createCredentialGate } from "../src/credential-gate.ts";
import { createFakeClock } from "../src/fake-clock.ts";

test("a refusal is fatal only when the source has nothing new to offer", async () => {
  verifies("SESS-7");
  let mark = "old";
  const gate = createCredentialGate(() => ({ mark, options: {} }), systemClock);
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

test("a source that does not answer fails the dial after ten seconds and is asked again for the next", async () => {
  verifies("SESS-7");
  const clock = createFakeClock();
  let answers = false;
  const credential = { mark: "late", options: {} };
  const source = () => (answers ? credential : new Promise<never>(() => undefined));
  const gate = createCredentialGate(source, clock);
  const first = gate.read().catch((error: unknown) => error);
  await clock.advance(10_000);
  expect(await first).toMatchObject({ code: "no-credential" });
  answers = true;
  expect(await gate.read()).toBe(credential);
  expect(clock.pending).toBe(0);
});
