import { setTimeout as pause } from "node:timers/promises";
import type { Endpoint } from "@cotal/endpoint";
import { eventually } from "@cotal/harness";
import { verifies } from "@cotal/requirements";
import { requestApi } from "@cotal/session";
import { streamName } from "@cotal/subjects";
import { describe, expect, test } from "vitest";
import { type PeerSpace, type Person, space, startPeerSpace, textsOf } from "./peer-space.ts";

/** Each test has a space of its own, so that they can run at the same time. */
const startSpace = (): Promise<PeerSpace> =>
  startPeerSpace({
    "team.quiet": { v: 1, replay: false },
    "team.chat": { v: 1, deliveryClass: "live" },
  });

const quiet = "team.quiet";
/** What was said in it is read back by who joins anew. */
const replayed = "team.loud";

async function posts(from: Endpoint, channel: string, texts: readonly string[]): Promise<void> {
  for (const text of texts) await from.send({ channel, text });
}

const numbered = (count: number, prefix = "post"): string[] =>
  Array.from({ length: count }, (_, at) => `${prefix} ${at + 1}`);

const stateIn = (endpoint: Endpoint, channel: string) =>
  endpoint.health().channels.find((state) => state.channel === channel);

const heldIn = (endpoint: Endpoint, channel: string): Promise<unknown> =>
  eventually(() => expect(stateIn(endpoint, channel)).toMatchObject({ durable: "held", active: true }));

/** Nothing waits for it any more: what it was handed it has settled. */
const settled = (at: PeerSpace, person: Person): Promise<unknown> =>
  eventually(async () => expect(await at.order(person.id, "pending")).toEqual({ pending: 0, parked: 0 }));

const heardAll = (person: Person, texts: readonly string[]): Promise<unknown> =>
  eventually(() => expect(textsOf(person)).toEqual(texts), { timeoutMs: 60_000 });

describe("a member of a durable channel", () => {
  test.concurrent("that was away gets each post once and in order, and none that it had", async () => {
    verifies("DLV-2", "DLV-6", "DLV-50", "DLV-55", "ENDP-51");
    await using at = await startSpace();
    await at.deliver();
    const [alice, bob] = [await at.person({ name: "alice" }), await at.person({ name: "bob" })];
    const talker = await alice.connect({ channels: [quiet] });
    const first = await bob.connect({ channels: [quiet] });
    await heldIn(first, quiet);
    await eventually(() => expect(first.health().delivery).toBe("ready"));
    const before = numbered(5, "before");
    await posts(talker, quiet, before);
    await heardAll(bob, before);
    await settled(at, bob);
    await first.stop();
    const away = numbered(300, "away");
    await posts(talker, quiet, away);
    const second = await bob.connect({ channels: [quiet] });
    await heardAll(bob, [...before, ...away]);
    expect(bob.heard.slice(before.length).every(({ source }) => source === "backstop")).toBe(true);
    const after = numbered(5, "after");
    await posts(talker, quiet, after);
    await heardAll(bob, [...before, ...away, ...after]);
    await settled(at, bob);
    await second.stop();
    // What was settled is not handed out again to whoever comes back.
    const third = await bob.connect({ channels: [quiet] });
    await heldIn(third, quiet);
    await posts(talker, quiet, ["last"]);
    await heardAll(bob, [...before, ...away, ...after, "last"]);
    expect(bob.gaps).toEqual([]);
    // Nobody gets a copy of what it has posted itself.
    expect(alice.heard).toEqual([]);
  });

  test.concurrent("that was away gets all of 3,000 posts that came at 150 a second, in order", async () => {
    verifies("DLV-2", "DLV-6");
    await using at = await startSpace();
    await at.deliver();
    const [alice, bob] = [await at.person({ name: "alice" }), await at.person({ name: "bob" })];
    const talker = await alice.connect();
    const first = await bob.connect({ channels: [quiet] });
    await heldIn(first, quiet);
    await first.stop();
    const texts = numbered(3_000);
    for (let sent = 0; sent < texts.length; sent += 15) {
      await Promise.all([
        pause(100),
        ...texts.slice(sent, sent + 15).map((text) => talker.send({ channel: quiet, text })),
      ]);
    }
    await bob.connect({ channels: [quiet] });
    await heardAll(bob, texts);
    expect(bob.gaps).toEqual([]);
  });

  test.concurrent("that comes back gets what it missed as news, not as the past", async () => {
    verifies("ENDP-35", "DLV-2");
    await using at = await startSpace();
    await at.deliver();
    const [alice, bob] = [await at.person({ name: "alice" }), await at.person({ name: "bob" })];
    const talker = await alice.connect();
    const first = await bob.connect({ channels: [replayed] });
    await heldIn(first, replayed);
    await posts(talker, replayed, ["first"]);
    await heardAll(bob, ["first"]);
    await settled(at, bob);
    await first.stop();
    const away = numbered(20, "away");
    await posts(talker, replayed, away);
    const second = await bob.connect({ channels: [replayed] });
    await heardAll(bob, ["first", ...away]);
    await second.reconnect();
    await posts(talker, replayed, ["last"]);
    await heardAll(bob, ["first", ...away, "last"]);
    expect(bob.heard.map(({ historical }) => historical)).not.toContain(true);
    expect(bob.heard.slice(1, 21).every(({ source }) => source === "backstop")).toBe(true);
    expect(bob.gaps).toEqual([]);
  });

  test.concurrent("gets nothing of what was posted after it has left, and all from before", async () => {
    verifies("DLV-53", "DLV-54", "ENDP-42");
    await using at = await startSpace();
    await at.deliver();
    const [alice, bob] = [await at.person({ name: "alice" }), await at.person({ name: "bob" })];
    const talker = await alice.connect({ channels: [quiet] });
    const first = await bob.connect({ channels: [quiet] });
    await heldIn(first, quiet);
    expect(await first.leave(quiet)).toEqual({ left: true });
    await first.stop();
    await posts(talker, quiet, numbered(5, "missed"));
    const second = await bob.connect({ channels: [quiet] });
    await heldIn(second, quiet);
    await posts(talker, quiet, ["hello"]);
    await heardAll(bob, ["hello"]);
  });

  test.concurrent("of a live channel is none, and is told so", async () => {
    verifies("DLV-1");
    await using at = await startSpace();
    await at.deliver();
    const bob = await at.person({ name: "bob" });
    const endpoint = await bob.connect();
    expect(await endpoint.join("team.chat")).toMatchObject({ joined: true, durable: "not-durable" });
  });

  test.concurrent("sees the others, and how many posts of which channels there are", async () => {
    verifies("ENDP-61");
    await using at = await startSpace();
    await at.deliver();
    const [alice, bob] = [await at.person({ name: "alice" }), await at.person({ name: "bob" })];
    const talker = await alice.connect({ channels: [quiet] });
    await heldIn(talker, quiet);
    await posts(talker, quiet, numbered(3));
    const endpoint = await bob.connect();
    expect(await endpoint.members(quiet)).toMatchObject([{ id: alice.id, activated: true, live: true }]);
    expect(await endpoint.channels()).toContainEqual(
      expect.objectContaining({ channel: quiet, stored: expect.objectContaining({ posts: 3, members: 1 }) }),
    );
    const eve = await at.person({ name: "eve", allowSubscribe: ["general"], allowPublish: [] });
    const outsider = await eve.connect();
    await expect(outsider.members(quiet)).rejects.toMatchObject({ code: "not-allowed" });
    expect((await outsider.channels()).map(({ channel }) => channel)).not.toContain(quiet);
  });
});

describe("a peer that is mentioned", () => {
  test.concurrent("gets the post without being a member, also when it was away", async () => {
    verifies("DLV-5", "DLV-23");
    await using at = await startSpace();
    await at.deliver();
    const [alice, bob] = [await at.person({ name: "alice" }), await at.person({ name: "bob" })];
    const eve = await at.person({ name: "eve", allowSubscribe: ["general"] });
    const talker = await alice.connect();
    await talker.send({ channel: quiet, text: "all of you", mentions: ["bob", "eve", "nobody"] });
    await talker.send({ channel: quiet, text: "nobody" });
    const [first, other] = [await bob.connect(), await eve.connect()];
    await heardAll(bob, ["all of you"]);
    expect(bob.heard[0]?.source).toBe("backstop");
    await eventually(() => expect(other.health().delivery).toBe("ready"));
    await talker.send({ channel: "general", text: "eve only", mentions: ["eve"] });
    await heardAll(eve, ["eve only"]);
    expect(first.health().delivery).toBe("ready");
    expect(textsOf(bob)).toEqual(["all of you"]);
  });
});

describe("without a leader", () => {
  test.concurrent("a peer is live and says so, and is ready by itself once somebody leads", async () => {
    verifies("DLV-48", "ENDP-51", "ENDP-52");
    await using at = await startSpace();
    const bob = await at.person({ name: "bob" });
    const endpoint = await bob.connect({ channels: [quiet] });
    await eventually(() => expect(endpoint.health().delivery).toBe("no-leader"));
    expect(endpoint.state).toBe("live");
    await eventually(() =>
      expect(stateIn(endpoint, quiet)).toMatchObject({ live: true, durable: "unavailable", active: false }),
    );
    // What is posted meanwhile is due to it: it has joined before.
    const talker = await (await at.person({ name: "alice" })).connect();
    const texts = numbered(3);
    await posts(talker, quiet, texts);
    await heardAll(bob, texts);
    await at.deliver();
    await heldIn(endpoint, quiet);
    await eventually(() => expect(endpoint.health().delivery).toBe("ready"));
    await posts(talker, quiet, ["later"]);
    await heardAll(bob, [...texts, "later"]);
  });

  test.concurrent("a durable channel cannot be left, and one is still in it", async () => {
    verifies("DLV-48", "ENDP-46");
    await using at = await startSpace();
    const daemon = await at.deliver();
    const bob = await at.person({ name: "bob" });
    const endpoint = await bob.connect({ channels: [quiet] });
    await heldIn(endpoint, quiet);
    await daemon.stop();
    await expect(endpoint.leave(quiet)).rejects.toMatchObject({ code: "delivery-unavailable" });
    expect(endpoint.joined()).toEqual([quiet]);
    await at.deliver();
    expect(await endpoint.leave(quiet)).toEqual({ left: true });
  });

  test.concurrent("a channel that is refused from now on stays closing until its membership has ended", async () => {
    verifies("ENDP-47", "DLV-53");
    await using at = await startSpace();
    const daemon = await at.deliver();
    const bob = await at.person({ name: "bob" });
    let creds = bob.minted.creds.reveal();
    const auth = { kind: "creds", creds: () => creds } as const;
    const endpoint = await bob.connect({ channels: ["general", quiet], auth });
    await heldIn(endpoint, quiet);
    await daemon.stop();
    const seed = /-----BEGIN USER NKEY SEED-----\s+(\S+)/.exec(creds)?.[1] ?? "";
    const rights = { allowSubscribe: ["general"], allowPublish: ["general"] };
    creds = at.fixture.mint({ name: "bob", seed, ...rights }).creds.reveal();
    await endpoint.reconnect();
    await eventually(() =>
      expect(stateIn(endpoint, quiet)).toMatchObject({ durable: "closing", live: false }),
    );
    expect(endpoint.joined()).toEqual(["general"]);
    await at.deliver();
    await eventually(() => expect(stateIn(endpoint, quiet)).toBeUndefined(), { timeoutMs: 90_000 });
    expect(await endpoint.request("delivery-0", "listMemberships").catch(({ code }) => code)).toSatisfy(
      (answer: unknown) => answer === "wrong-shard" || !JSON.stringify(answer).includes(quiet),
    );
  });
});

describe("rights that are taken back", () => {
  test.concurrent("take the copies that wait with them, and a membership that a wider right does not bring back", async () => {
    verifies("DLV-42", "DLV-59", "DLV-61");
    await using at = await startSpace();
    await at.deliver();
    const [alice, bob] = [await at.person({ name: "alice" }), await at.person({ name: "bob" })];
    const talker = await alice.connect();
    const first = await bob.connect({ channels: [quiet, "general"] });
    await heldIn(first, quiet);
    await heldIn(first, "general");
    await first.stop();
    await posts(talker, quiet, numbered(20, "secret"));
    await posts(talker, "general", ["public"]);
    const acl = { allowSubscribe: ["general"], allowPublish: [] };
    await eventually(async () => expect(await at.order(bob.id, "pending")).toMatchObject({ pending: 21 }));
    expect(await at.order(bob.id, "narrow", { acl })).toMatchObject({ purged: 20, ended: [quiet] });
    expect(await at.order(bob.id, "pending")).toMatchObject({ pending: 1 });
    const second = await bob.connect();
    await heardAll(bob, ["public"]);
    await posts(talker, quiet, ["later"]);
    await posts(talker, "general", ["last"]);
    await heardAll(bob, ["public", "last"]);
    expect(second.health().rejected).toEqual({});
  });
});

describe("what is lost", () => {
  test.concurrent("before it was copied is told as a gap to each member", async () => {
    verifies("DLV-3", "DLV-46", "DLV-75");
    await using at = await startSpace();
    const daemon = await at.deliver();
    const [alice, bob] = [await at.person({ name: "alice" }), await at.person({ name: "bob" })];
    const talker = await alice.connect();
    const first = await bob.connect({ channels: [quiet] });
    await heldIn(first, quiet);
    await first.stop();
    await daemon.stop();
    await posts(talker, quiet, numbered(10, "lost"));
    await at.as("purger", (session) => requestApi(session, `STREAM.PURGE.${streamName.chat(space)}`));
    await posts(talker, quiet, ["kept"]);
    await at.deliver();
    await bob.connect({ channels: [quiet] });
    await heardAll(bob, ["kept"]);
    await eventually(() => expect(bob.gaps.length).toBeGreaterThan(0));
    expect(bob.gaps[0]).toMatchObject({ reason: "retention" });
  });
});

describe("a take-over", () => {
  test.concurrent("while ten peers talk loses nothing and repeats nothing", async () => {
    verifies("DLV-83", "DLV-93", "ENDP-51");
    await using at = await startSpace();
    const first = await at.deliver({ standby: true });
    await eventually(() => expect(first.engine.report().every(({ state }) => state === "ready")).toBe(true));
    const people = await Promise.all(
      Array.from({ length: 10 }, (_, number) => at.person({ name: `peer${number}` })),
    );
    const endpoints = await Promise.all(people.map((person) => person.connect({ channels: [quiet] })));
    for (const endpoint of endpoints) await heldIn(endpoint, quiet);
    const [talker, ...listeners] = endpoints;
    const [away, ...present] = people.slice(1);
    if (!talker || !away || !listeners[0]) throw new Error("there are ten peers");
    await listeners[0].stop();
    const second = await at.deliver({ standby: true });
    const texts = numbered(150);
    const talking = posts(talker, quiet, texts);
    await eventually(() => expect(textsOf(present[0] ?? away).length).toBeGreaterThan(20));
    await first.stop();
    await talking;
    await eventually(() => expect(second.engine.report().every(({ state }) => state === "ready")).toBe(true));
    for (const person of present) await heardAll(person, texts);
    await away.connect({ channels: [quiet] });
    await heardAll(away, texts);
    for (const person of people) {
      expect(new Set(textsOf(person)).size).toBe(person.heard.length);
      expect(person.gaps).toEqual([]);
    }
  });
});
