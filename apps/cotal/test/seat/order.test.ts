import { verifies } from "@cotal/requirements";
import { asChannelPattern, asToken } from "@cotal/subjects";
import { describe, expect, test } from "vitest";
import { inForeground } from "../../src/seat/foreground.ts";
import { orderFor } from "../../src/seat/order.ts";
import { failureOf, testHost } from "../support.ts";

const patterns = (...texts: string[]) => texts.map(asChannelPattern);
const name = asToken("name", "bob");
const order = (options: Parameters<typeof orderFor>[0]["options"]) =>
  orderFor({ name, program: [], options: { preset: "echo", ...options } }, { env: {}, folder: "/" });

describe("what an agent is to join at its start", () => {
  test.each([
    ["nothing that was said: it is left open", {}, undefined],
    ["nothing", { subscribe: [] }, []],
    ["a channel of its rights", { subscribe: patterns("general") }, ["general"]],
    [
      "channels below a pattern of its rights",
      { allowSubscribe: patterns("team.>"), subscribe: patterns("team.a", "team.b.>") },
      ["team.a", "team.b.>"],
    ],
  ] as const)("is %s", async (_, options, expected) => {
    verifies("CLI-182");
    expect((await order(options)).subscribe).toEqual(expected);
  });

  test.each([
    ["another channel", { subscribe: patterns("lab") }],
    ["more than it may read", { allowSubscribe: patterns("team.a"), subscribe: patterns("team.>") }],
    ["what it may only post to", { allowPublish: patterns("lab"), subscribe: patterns("lab") }],
  ])("is refused with %s", async (_, options) => {
    verifies("CLI-182");
    const failure = await failureOf(() => order(options));
    expect(failure).toMatchObject({
      code: "not-allowed",
      hint: expect.stringContaining("--allow-subscribe"),
    });
  });
});

describe("an agent in the foreground", () => {
  const host = testHost();

  test("has pipes where the caller has no terminal, unless something else was said", () => {
    verifies("CLI-180");
    expect(inForeground({ foreground: true }, host)).toMatchObject({ pipes: true });
    expect(inForeground({ foreground: true, pipes: false }, host)).toMatchObject({ pipes: false });
    expect(inForeground({}, host)).toEqual({});
  });

  test.each([{ wait: "ready" }, { restart: "always" }, { restart: "on-failure" }] as const)(
    "is refused with %j",
    async (options) => {
      verifies("CLI-181");
      const failure = await failureOf(() => inForeground({ foreground: true, ...options }, host));
      expect(failure).toMatchObject({ code: "usage" });
    },
  );
});
