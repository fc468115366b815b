import { headers, type Msg, type MsgHdrs } from "@nats-io/nats-core";
import { MsgImpl } from "@nats-io/nats-core/internal";
import fc from "fast-check";
import { expect, test } from "vitest";
import { readHeaders } from "../src/read-headers.ts";

const text = new TextEncoder();

/** As it comes from the broker; without a block, it has no headers. */
function messageWith(block: string | undefined): Msg {
  const head = text.encode(block ?? "");
  const data = new Uint8Array([...head, ...text.encode("body")]);
  const args = { subject: text.encode("s"), hdr: block === undefined ? -1 : head.length };
  const message = new MsgImpl(args as MsgImpl["_msg"], data, {} as MsgImpl["publisher"]);
  return message as unknown as Msg;
}

const name = fc.stringMatching(/^[A-Za-z][A-Za-z-]{0,12}$/);
const value = fc.stringMatching(/^[ !-~é]{0,20}$/u);

test("reads what the client reads, and a name that stands twice is seen twice", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(name, value), { minLength: 1 }), (fields) => {
      const set: MsgHdrs = headers();
      for (const [key, given] of fields) set.append(key, given);
      const message = messageWith(set.toString());
      const read = readHeaders(message);
      expect([...(read ?? [])]).toEqual([...(message.headers ?? [])]);
      expect(read?.code).toBe(0);
    }),
  );
});

test.each([
  ["NATS/1.0 503\r\n\r\n", 503],
  ["NATS/1.0 100 Idle Heartbeat\r\n\r\n", 100],
  ["NATS/1.0\r\n\r\n", 0],
  ["NATS/1.0 x\r\n\r\n", 0],
])("the status of %j is %i, as the client reads it", (block, code) => {
  const message = messageWith(block);
  expect(readHeaders(message)?.code).toBe(code);
  expect(message.headers?.code).toBe(code);
});

test("never throws, whatever the block holds, and keeps odd names and values as they are", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (rest) => {
      const block = `NATS/1.0\r\n${rest}`;
      expect(() => [...(readHeaders(messageWith(block)) ?? [])]).not.toThrow();
    }),
  );
  const odd = readHeaders(messageWith("NATS/1.0\r\na b: c\nd\r\nno colon\r\n: nameless\r\nx:\r\n\r\n"));
  expect([...(odd ?? [])]).toEqual([
    ["a b", ["c\nd"]],
    ["", ["nameless"]],
    ["x", [""]],
  ]);
});

test("a message without headers has none", () => {
  expect(readHeaders(messageWith(undefined))).toBeUndefined();
});
