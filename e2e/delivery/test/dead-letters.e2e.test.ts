import { type Endpoint, reject } from "@cotal/endpoint";
import { eventually } from "@cotal/harness";
import { verifies } from "@cotal/requirements";
import { consumerInfo, store } from "@cotal/session";
import { consumerName, formatSubject, streamName } from "@cotal/subjects";
import { describe, expect, test } from "vitest";
import { type PeerSpace, type Person, space, startPeerSpace, textsOf } from "./peer-space.ts";

interface Row {
  readonly owner: string;
  readonly letter: string;
  readonly reason: string;
  readonly sender: string;
  readonly replayable: boolean;
}

const lettersOf = async (at: PeerSpace, { id }: Person): Promise<readonly Row[]> =>
  (await at.order(id, "deadList")) as readonly Row[];

const oneLetter = (at: PeerSpace, person: Person): Promise<Row> =>
  eventually(async () => {
    const [row, ...more] = await lettersOf(at, person);
    if (!row || more.length > 0) throw new Error(`there are ${row ? more.length + 1 : 0} letters`);
    return row;
  });

/** Its queue of direct messages has nothing left for it. */
const forgotten = (endpoint: Endpoint, at: PeerSpace, { id, minted }: Person): Promise<unknown> =>
  eventually(async () => {
    expect(endpoint.state).toBe("live");
    const info = await at.asPeer(minted, (session) =>
      consumerInfo(session, streamName.dm(space), consumerName.dm(id)),
    );
    expect(info).toMatchObject({ num_pending: 0, num_ack_pending: 0 });
  });

const readyIn = (endpoint: Endpoint): Promise<unknown> =>
  eventually(() => expect(endpoint.health().delivery).toBe("ready"));

describe("a message that a peer cannot handle", () => {
  test.concurrent("is kept, comes again at the word of an operator, and is handled then", async () => {
    verifies("DLV-96", "DLV-98", "ENDP-75", "ENDP-77", "ENDP-25");
    await using at = await startPeerSpace();
    await at.deliver();
    const [alice, bob] = [await at.person({ name: "alice" }), await at.person({ name: "bob" })];
    bob.decide = (text) => {
      if (text === "broken") throw new Error("a defect");
      return text.startsWith("hard") ? reject("too hard") : undefined;
    };
    const sender = await alice.connect();
    const receiver = await bob.connect();
    await readyIn(receiver);
    await sender.send({ to: bob.id, text: "hard" });
    const letter = await oneLetter(at, bob);
    expect(letter).toMatchObject({ owner: bob.id, sender: alice.id, reason: "too hard", replayable: true });
    await forgotten(receiver, at, bob);
    // Given up once more it is a letter again.
    await at.order(bob.id, "deadReplay", { letter: letter.letter });
    const second = await eventually(async () => {
      const row = await oneLetter(at, bob);
      expect(row.letter).not.toBe(letter.letter);
      return row;
    });
    bob.decide = () => undefined;
    await at.order(bob.id, "deadReplay", { letter: second.letter });
    await eventually(() => expect(textsOf(bob)).toEqual(["hard", "hard", "hard"]));
    expect(bob.heard.map(({ source }) => source)).toEqual(["dm", "backstop", "backstop"]);
    await eventually(async () => expect(await at.order(bob.id, "pending")).toMatchObject({ pending: 0 }));
    expect(await lettersOf(at, bob)).toEqual([]);
    bob.decide = () => {
      throw new Error("a defect");
    };
    await sender.send({ to: bob.id, text: "broken" });
    const broken = await oneLetter(at, bob);
    expect(broken).toMatchObject({ reason: "max-attempts" });
    await at.order(bob.id, "deadDrop", { letter: broken.letter });
    expect(await lettersOf(at, bob)).toEqual([]);
  });

  test.concurrent("waits while nobody leads, also when the peer dies meanwhile, and is kept once", async () => {
    verifies("ENDP-75", "DLV-97");
    await using at = await startPeerSpace();
    const [alice, bob] = [await at.person({ name: "alice" }), await at.person({ name: "bob" })];
    bob.decide = () => reject("too hard");
    const sender = await alice.connect();
    const first = await bob.connect();
    await sender.send({ to: bob.id, text: "hard" });
    await eventually(() => expect(textsOf(bob)).toEqual(["hard"]));
    await first.stop();
    await at.deliver();
    const second = await bob.connect();
    expect(await oneLetter(at, bob)).toMatchObject({ reason: "too hard" });
    await forgotten(second, at, bob);
    expect(await lettersOf(at, bob)).toHaveLength(1);
  });

  test.concurrent("is kept also when it is a copy of a post, and comes again under its channel", async () => {
    verifies("DLV-98", "ENDP-77");
    await using at = await startPeerSpace({ "team.quiet": { v: 1, replay: false } });
    await at.deliver();
    const [alice, bob] = [await at.person({ name: "alice" }), await at.person({ name: "bob" })];
    bob.decide = (text) => (text === "hard" ? reject("too hard") : undefined);
    const sender = await alice.connect();
    const first = await bob.connect({ channels: ["team.quiet"] });
    await eventually(() => expect(first.health().channels[0]).toMatchObject({ durable: "held" }));
    await first.stop();
    await sender.send({ channel: "team.quiet", text: "hard" });
    await sender.send({ channel: "team.quiet", text: "easy" });
    await bob.connect({ channels: ["team.quiet"] });
    const { letter } = await oneLetter(at, bob);
    await eventually(async () => expect(await at.order(bob.id, "pending")).toMatchObject({ pending: 0 }));
    bob.decide = () => undefined;
    await at.order(bob.id, "deadReplay", { letter });
    await eventually(() => expect(textsOf(bob)).toEqual(["hard", "easy", "hard"]));
    expect(await lettersOf(at, bob)).toEqual([]);
  });
});

test.concurrent("what is too large to be kept whole is noted, and its queue goes on", async () => {
  verifies("DLV-99", "DLV-100");
  await using at = await startPeerSpace();
  await at.deliver();
  const [alice, bob] = [await at.person({ name: "alice" }), await at.person({ name: "bob" })];
  bob.decide = (text) => (text.startsWith("hard") ? reject("too hard") : undefined);
  const sender = await alice.connect();
  const receiver = await bob.connect();
  await readyIn(receiver);
  // The one is more than a peer may keep, the other more than can be handed over.
  for (const size of [700_000, 1_000_000]) await sender.send({ to: bob.id, text: "hard".padEnd(size, "x") });
  await sender.send({ to: bob.id, text: "easy" });
  await eventually(async () => {
    const noted = { sender: alice.id, reason: "too hard", replayable: false };
    expect(await lettersOf(at, bob)).toMatchObject([noted, noted]);
  });
  await forgotten(receiver, at, bob);
  expect(textsOf(bob)).toContain("easy");
});

test.concurrent("what nobody can read is noted once, however much of it a hostile peer sends", async () => {
  verifies("ENDP-19", "ENDP-76", "DLV-99");
  await using at = await startPeerSpace();
  await at.deliver();
  const [eve, bob] = [await at.person({ name: "eve" }), await at.person({ name: "bob" })];
  const receiver = await bob.connect();
  await readyIn(receiver);
  const subject = formatSubject({ kind: "inst", space, target: bob.id, sender: eve.id });
  await at.asPeer(eve.minted, async (session) => {
    for (let sent = 0; sent < 50; sent++) await store(session, { subject, data: `not json ${sent}` });
  });
  await forgotten(receiver, at, bob);
  const row = await oneLetter(at, bob);
  expect(row).toMatchObject({ sender: eve.id, reason: "malformed-json", replayable: false });
  expect(receiver.health().rejected).toEqual({ "malformed-json": 50 });
  await expect(at.order(bob.id, "deadReplay", { letter: row.letter })).rejects.toMatchObject({
    data: { code: "not-replayable" },
  });
  expect(textsOf(bob)).toEqual([]);
});
