import { expect, test } from "vitest";
import { rawBody } from "../../src/space/raw-body.ts";
import { stampedText, stampOf } from "../../src/space/stamp.ts";

test("a raw body has the wanted length and carries the text", () => {
  const text = stampedText();
  const body = rawBody(text, 274);
  expect([Buffer.byteLength(body), JSON.parse(body).text]).toEqual([274, text]);
});

test("a length that has no room for the text is refused", () => {
  expect(() => rawBody(stampedText(), 60)).toThrow(RangeError);
});

test("a stamped text has 64 characters and tells when it was made", () => {
  const before = process.hrtime.bigint();
  const text = stampedText();
  const after = process.hrtime.bigint();
  expect(text).toHaveLength(64);
  expect(stampOf(text)).toBeGreaterThanOrEqual(before);
  expect(stampOf(text)).toBeLessThanOrEqual(after);
});
