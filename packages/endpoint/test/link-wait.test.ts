import { verifies } from "@cotal/requirements";
import type { Session } from "@cotal/session";
import { createFakeClock } from "@cotal/session/testing";
import { expect, test } from "vitest";
import { createLinkWait } from "../src/link-wait.ts";

const session = { epoch: 1 } as unknown as Session;
const outcomeOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.catch((error: { code?: string }) => error.code ?? error);

test("without a wait what needs a link fails at once, with the state as its reason", async () => {
  verifies("ENDP-18");
  const wait = createLinkWait(createFakeClock());
  expect(await outcomeOf(wait.session(0))).toBe("reconnecting");
  wait.note("live", session);
  expect(await wait.session(0)).toBe(session);
  wait.note("reconnecting", undefined);
  expect(await outcomeOf(wait.session(0))).toBe("reconnecting");
  wait.note("stopped", undefined);
  expect(await outcomeOf(wait.session(60_000))).toBe("stopped");
});

test("with a wait it goes on as soon as the link is live, and no longer than told", async () => {
  verifies("ENDP-18");
  const clock = createFakeClock();
  const wait = createLinkWait(clock);
  const early = wait.session(1_000);
  wait.note("live", session);
  expect(await early).toBe(session);
  wait.note("reconnecting", undefined);
  const late = outcomeOf(wait.session(1_000));
  await clock.advance(1_001);
  expect(await late).toBe("reconnecting");
  const stopped = outcomeOf(wait.session(1_000));
  wait.note("stopped", undefined);
  expect(await stopped).toBe("stopped");
  expect(clock.pending).toBe(0);
});

test("a wait ends with its signal and leaves nothing behind", async () => {
  verifies("ENDP-11");
  const clock = createFakeClock();
  const wait = createLinkWait(clock);
  const abort = new AbortController();
  const waiting = outcomeOf(wait.session(1_000, abort.signal));
  abort.abort("enough");
  expect(await waiting).toBe("enough");
  expect(clock.pending).toBe(0);
});
