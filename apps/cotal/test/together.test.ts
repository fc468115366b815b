import { expect, test } from "vitest";
import { together } from "../src/together.ts";

test("what all give is given in their order", async () => {
  expect(await together([Promise.resolve(1), "two"])).toEqual([1, "two"]);
});

test("a failure is told when the others have ended as well", async () => {
  let ended = false;
  const slow = new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
    ended = true;
  });
  await expect(together([Promise.reject(new Error("first")), slow])).rejects.toThrow("first");
  expect(ended).toBe(true);
});
