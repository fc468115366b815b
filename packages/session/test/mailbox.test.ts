import { expect, test } from "vitest";
import { createMailbox } from "../src/mailbox.ts";

test("a mailbox gives what was put, in order, then the failure", async () => {
  const mailbox = createMailbox<number>();
  const first = mailbox.take();
  mailbox.put(1);
  mailbox.put(2);
  expect(await first).toBe(1);
  mailbox.put(0);
  mailbox.fail(new Error("over"));
  mailbox.fail(new Error("over again"));
  expect(await mailbox.take()).toBe(2);
  expect(await mailbox.take()).toBe(0);
  await expect(mailbox.take()).rejects.toThrow("over");
  await expect(mailbox.take()).rejects.toThrow(/^over$/);
});
