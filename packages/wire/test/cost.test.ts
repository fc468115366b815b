import { verifies } from "@cotal/requirements";
import { describe, expect, test } from "vitest";
import { verifyDelivery } from "../src/index.ts";
import { alice, bytesOf } from "./peers.ts";
import { messageFrom, post } from "./posts.ts";

/** How often the time that `JSON.parse` needs for an ordinary body of the same size may be taken. */
const bound = 25;
const sizes = [16, 32, 64, 128, 256, 512].map((kib) => kib * 1024);
const policy = { maxBytes: 1024 * 1024, signatures: "none" } as const;

const paragraph = `${'Some words, and a quote: \\"so\\". '.repeat(4)}\\n`;
const head = JSON.stringify(messageFrom(alice.id)).slice(0, -2);

/** An ordinary message of about `size` bytes: many text parts. */
function ordinary(size: number): string {
  const part = `,{"kind":"text","text":"${paragraph}"}`;
  return `${head}${part.repeat(Math.floor((size - head.length) / part.length))}]}`;
}

/** Bodies that cost a careless reader more than their size. */
const shapes: Readonly<Record<string, (size: number) => string | Uint8Array>> = {
  ordinary,
  "one long text": (size) => `${head},{"kind":"text","text":"${"x".repeat(size)}"}]}`,
  "nested arrays": (size) => "[".repeat(size),
  "nested objects": (size) => '{"a":'.repeat(size / 5),
  "nesting behind the limit of the scan": (size) => `${head}],"a":${"[".repeat(63)}${'"["'.repeat(size / 3)}`,
  "many numbers": (size) => `[${"1,".repeat(size / 2)}1]`,
  "one long number": (size) => `[${"7".repeat(size)}]`,
  "one long key": (size) => `{"${"k".repeat(size)}":1}`,
  "escaped quotes": (size) => `["${'\\"'.repeat(size / 2)}"]`,
  "escaped units": (size) => `["${"\\u0041".repeat(size / 6)}"]`,
  "backslashes without an end": (size) => `["${"\\".repeat(size)}`,
  "quotes and backslashes in turn": (size) => `["${'\\\\\\"'.repeat(size / 4)}"]`,
  "white space": (size) => `${" ".repeat(size)}1`,
  "a string without an end": (size) => `["${"x".repeat(size)}`,
  "bad parts": (size) => `${head}${',{"kind":"x"}'.repeat(Math.min(size / 13, 3_000))}]}${" ".repeat(size)}`,
  "bad keys": (size) =>
    `${head}],"a":[${'{"prototypes":1},'.repeat(Math.min(size / 17, 3_000))}1]}${" ".repeat(size)}`,
  "many mentions": (size) =>
    `${head}],"mentions":[${'"a",'.repeat(Math.min(size / 4, 9_000))}"b"]}${" ".repeat(size)}`,
  "one bad byte at the end": (size) => Buffer.concat([Buffer.from(ordinary(size)), Uint8Array.of(0xff)]),
};

/** The shortest of several runs in ns: what disturbs a run only adds to it. */
function fastest(action: () => unknown, runs = 7): number {
  let best = Number.POSITIVE_INFINITY;
  for (let run = 0; run < runs; run++) {
    const from = process.hrtime.bigint();
    action();
    best = Math.min(best, Number(process.hrtime.bigint() - from));
  }
  return best;
}

function ratioAt(size: number, shape: (size: number) => string | Uint8Array): number {
  const content = shape(size);
  const bytes = typeof content === "string" ? bytesOf(content) : content;
  const text = ordinary(bytes.byteLength);
  const delivery = { ...post(), bytes, policy, headers: undefined };
  return fastest(() => verifyDelivery(delivery)) / fastest(() => JSON.parse(text));
}

describe("the cost of verifying", () => {
  test.each(Object.entries(shapes))("a body of %s grows with its size alone", (_, shape) => {
    verifies("WIRE-14");
    for (const size of sizes) {
      let ratio = ratioAt(size, shape);
      for (let attempt = 0; ratio > bound && attempt < 5; attempt++)
        ratio = Math.min(ratio, ratioAt(size, shape));
      expect([size, Math.round(ratio), ratio <= bound]).toEqual([size, Math.round(ratio), true]);
    }
  });
});
