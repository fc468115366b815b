import { describe, expect, test } from "vitest";
import { parseChatLine } from "../../src/message/chat-line.ts";

describe("a typed line", () => {
  test.each([
    ["hello all", { kind: "post", text: "hello all" }],
    ["  padded ", { kind: "post", text: "padded" }],
    ["//etc is a path", { kind: "post", text: "/etc is a path" }],
    ["/to bob hi there", { kind: "direct", to: "bob", text: "hi there" }],
    ["/to bob", { kind: "help" }],
    ["/to", { kind: "help" }],
    ["/unknown", { kind: "help" }],
    ["/quit", { kind: "quit" }],
    ["   ", { kind: "nothing" }],
  ])("%j is %o", (line, expected) => {
    expect(parseChatLine(line)).toEqual(expected);
  });
});
