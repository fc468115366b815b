import { verifies } from "@cotal/requirements";
import { expect, test } from "vitest";
import { createTally } from "../../src/space/tally.ts";

test("the median is that of all messages, and the end that of the last one", async () => {
  const tally = createTally();
  tally.expect(3);
  tally.note(0n, 30n);
  tally.note(10n, 20n);
  tally.note(10n, 100n);
  expect(await tally.complete()).toEqual({ medianNs: 30, lastAt: 100n });
});

test("messages that have not come, or came twice, give no figure", async () => {
  verifies("BENCH-16");
  const tally = createTally({ deadlineMs: 20 });
  tally.expect(2);
  tally.note(0n);
  await expect(tally.complete()).rejects.toThrow("1 messages came where 2 were sent");
  tally.note(0n);
  tally.note(0n);
  await expect(tally.complete()).rejects.toThrow("3 messages came where 2 were sent");
});

test("one that comes after the end of its round is found when the next begins", async () => {
  verifies("BENCH-16");
  const tally = createTally();
  tally.expect(1);
  tally.note(0n);
  await tally.complete();
  tally.note(0n);
  expect(() => tally.expect(1)).toThrow("2 messages came where 1 were sent");
});
