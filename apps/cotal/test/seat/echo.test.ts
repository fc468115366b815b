import { verifies } from "@cotal/requirements";
import { asOwnerId } from "@cotal/subjects";
import { beforeEach, describe, expect, test } from "vitest";
import { echoOf } from "../../src/seat/echo.ts";
import { delivery, parts, sender } from "./deliveries.ts";

describe("an echo", () => {
  beforeEach(() => verifies("CLI-72"));

  test.each(["dm", "anycast"] as const)("answers a message that came by %s to its sender", (kind) => {
    const said = echoOf(delivery({ kind, hops: 2 }), "echo1");
    expect(said).toMatchObject({ to: sender, parts, replyTo: "m1", contextId: "talk", hops: 3 });
    expect(said?.channel).toBeUndefined();
  });

  test("answers in a channel what mentions it, and nothing else there", () => {
    const post = { kind: "channel", channel: "general" } as const;
    expect(echoOf(delivery(post, ["Echo1"]), "echo1")).toMatchObject({ channel: "general", replyTo: "m1" });
    expect(echoOf(delivery(post, ["echo2"]), "echo1")).toBeUndefined();
    expect(echoOf(delivery(post), "echo1")).toBeUndefined();
  });

  test("says nothing once eight automatic replies led to a message", () => {
    expect(echoOf(delivery({ hops: 7 }), "echo1")).toBeDefined();
    expect(echoOf(delivery({ hops: 8 }), "echo1")).toBeUndefined();
    expect(echoOf(delivery({ hops: Number.POSITIVE_INFINITY }), "echo1")).toBeUndefined();
  });

  test("says nothing to what was said before it came, or is past its time", () => {
    expect(echoOf(delivery({ historical: true }), "echo1")).toBeUndefined();
    expect(echoOf(delivery({ expired: true }), "echo1")).toBeUndefined();
  });

  test("answers a message that comes again under the same id, and another one under another", () => {
    const id = echoOf(delivery(), "echo1")?.id;
    expect(echoOf(delivery({ redelivered: true }), "echo1")?.id).toBe(id);
    expect(echoOf(delivery({ sender: asOwnerId(`U${"B".repeat(55)}`) }), "echo1")?.id).not.toBe(id);
  });
});
