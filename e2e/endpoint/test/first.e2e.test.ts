import { eventually } from "@cotal/harness";
import { describe, expect, test } from "vitest";
import { startClosedSpace, startOpenSpace } from "./space.ts";

describe.each([
  ["an open space", startOpenSpace],
  ["an authenticated space", startClosedSpace],
] as const)("in %s", (_, start) => {
  test("a direct message arrives at the peer it names, and the receipt says where it is stored", async () => {
    await using space = await start();
    const alice = await space.peer("alice");
    const bob = await space.peer("bob");
    const heard: string[] = [];
    bob.onMessage(async ({ message }) => {
      heard.push(JSON.stringify(message.parts));
    });
    await eventually(() => expect(alice.resolve("bob").kind).toBe("found"));
    const receipt = await alice.send({ to: "bob", text: "hello" });
    expect(receipt).toMatchObject({ seq: 1, duplicate: false });
    await eventually(() => expect(heard).toHaveLength(1));
  });

  test("a post arrives at those who have joined, and whoever joins later reads it back", async () => {
    await using space = await start();
    const alice = await space.peer("alice", { channels: ["general"] });
    const bob = await space.peer("bob", { channels: ["general"] });
    const heard: string[] = [];
    bob.onMessage(async ({ message, channel, source, historical }) => {
      heard.push(JSON.stringify([message.parts, channel, source, historical]));
    });
    await alice.send({ channel: "general", text: "hello" });
    const parts = [{ kind: "text", text: "hello" }];
    await eventually(() => expect(heard).toEqual([JSON.stringify([parts, "general", "live", false])]));
    const carol = await space.peer("carol");
    const joined = await carol.join("general");
    expect(joined).toMatchObject({ joined: true, backfill: { count: 1 }, durable: "not-durable" });
    const reading = carol.messages();
    const { value: first } = await reading.next();
    await reading.return?.();
    expect(first).toMatchObject({ source: "history", historical: true, channel: "general", seq: 1 });
    expect(await carol.history("general")).toMatchObject([{ seq: 1, sender: alice.ref.id }]);
    expect(await carol.leave("general")).toEqual({ left: true });
    expect(carol.joined()).toEqual([]);
  });
});
