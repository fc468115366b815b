import { eventually } from "@cotal/harness";
import { verifies } from "@cotal/requirements";
import { asToken, type Token } from "@cotal/subjects";
import { describe, expect, test } from "vitest";
import type { Burial } from "../src/core/dead-letter.ts";
import { shardFault } from "../src/shard-fault.ts";
import type { Member } from "./model/member.ts";
import { space } from "./model/world.ts";
import { beginLead, enter, failureOf, type Led, lead, newChannel, worldOfFile } from "./support-actor.ts";
import { givenUp, waiting } from "./support-dead.ts";

const world = worldOfFile();

const lettersOf = (led: Led, { minted: { id: owner } }: Member) =>
  led.of({ shard: 0 } as Member).letters.list({ owner, after: 0, limit: 1_000 });

async function letterOf(led: Led, member: Member): Promise<{ owner: Member["minted"]["id"]; letter: Token }> {
  const [row] = await lettersOf(led, member);
  if (!row) throw new Error("there is one");
  return { owner: row.owner, letter: row.letter };
}

const bury = (led: Led, member: Member, burial: Burial): Promise<void> =>
  led.of(member).letters.bury(member.minted.id, burial);

describe("what a peer gives up", () => {
  test("is kept once, is listed with its reason, and comes to it again as it was signed", async () => {
    verifies("DLV-96", "DLV-97", "DLV-98");
    await using led = await lead(world());
    await using ada = await enter(world(), ["c"]);
    await using bob = await enter(world(), ["c"]);
    const burial = givenUp(bob, { to: ada.minted.id, text: "do it" }, "it makes no sense");
    await bury(led, ada, burial);
    await bury(led, ada, burial);
    const { id: sender } = bob.minted;
    expect(await lettersOf(led, ada)).toMatchObject([
      { owner: ada.minted.id, sender, reason: "it makes no sense", id: burial.id, replayable: true },
    ]);
    const place = await letterOf(led, ada);
    await led.of(ada).letters.replay(place);
    expect(await lettersOf(led, ada)).toEqual([]);
    expect(await waiting(led, ada)).toMatchObject([
      {
        verdict: "ok",
        kind: "dm",
        sender,
        seq: undefined,
        message: { id: burial.id, parts: [{ kind: "text", text: "do it" }] },
        copy: { reason: "replay", letter: place.letter },
      },
    ]);
    expect((await failureOf(led.of(ada).letters.replay(place))).code).toBe("letter-missing");
  });

  test("again after it was handed out again is another letter", async () => {
    verifies("DLV-97");
    await using led = await lead(world());
    await using ada = await enter(world(), ["c"]);
    await using bob = await enter(world(), ["c"]);
    const burial = givenUp(bob, { to: ada.minted.id, text: "do it" });
    await bury(led, ada, burial);
    const first = await letterOf(led, ada);
    await led.of(ada).letters.replay(first);
    const { message } = burial;
    await bury(led, ada, { ...burial, ...(message && { message: { ...message, letter: first.letter } }) });
    const second = await letterOf(led, ada);
    expect(second.letter).not.toBe(first.letter);
    await led.of(ada).letters.drop(second);
    expect((await failureOf(led.of(ada).letters.drop(second))).code).toBe("letter-missing");
    expect(await lettersOf(led, ada)).toEqual([]);
  });

  test("is refused when its sender has not signed it, or has sent it to somebody else", async () => {
    verifies("DLV-96");
    await using led = await lead(world());
    await using ada = await enter(world(), ["c"]);
    await using bob = await enter(world(), ["c"]);
    const true_ = givenUp(bob, { to: ada.minted.id, text: "do it" });
    const { message } = true_;
    if (!message) throw new Error("there is a message");
    const forged = Buffer.from(message.body, "base64").toString().replace("do it", "do me");
    const lies: Record<string, Burial> = {
      "another body": { ...true_, message: { ...message, body: Buffer.from(forged).toString("base64") } },
      "no signature": { ...true_, message: { ...message, headers: [] } },
      "another time": { ...true_, message: { ...message, storedAt: message.storedAt - 3_600_000 } },
      "another sender": { ...true_, subject: `cotal.${space}.inst.${ada.minted.id}.${ada.minted.id}` },
      "no message at all": { ...true_, message: { ...message, body: "" } },
    };
    for (const [what, lie] of Object.entries(lies)) {
      expect((await failureOf(bury(led, ada, lie))).code, what).toBe("bad-request");
    }
    const foreign = [
      givenUp(bob, { to: bob.minted.id, text: "to myself" }),
      { ...true_, subject: true_.subject.replace(`.${space}.`, ".other.") },
      { subject: `$KV.cotal_acl_${space}.${ada.minted.id}`, reason: "x" },
      { subject: `cotal.${space}.ckpt.0`, reason: "x" },
    ];
    for (const lie of foreign) expect((await failureOf(bury(led, ada, lie))).code).toBe("not-allowed");
    expect(await lettersOf(led, ada)).toEqual([]);
  });

  test("without its message is noted once, and cannot be handed out again", async () => {
    verifies("DLV-99");
    await using led = await lead(world());
    await using ada = await enter(world(), ["c"]);
    await using bob = await enter(world(), ["c"]);
    const note = {
      subject: `cotal.${space}.inst.${ada.minted.id}.${bob.minted.id}`,
      reason: "malformed-json",
    };
    await bury(led, ada, note);
    await bury(led, ada, note);
    expect(await lettersOf(led, ada)).toMatchObject([{ reason: "malformed-json", replayable: false }]);
    const place = await letterOf(led, ada);
    expect((await failureOf(led.of(ada).letters.replay(place))).code).toBe("not-replayable");
    // So is what is larger than the part of the store that one owner may fill.
    await bury(led, ada, givenUp(bob, { to: ada.minted.id, text: "x".repeat(700_000) }, "too much"));
    expect(await lettersOf(led, ada)).toMatchObject([{}, { reason: "too much", replayable: false }]);
  });

  test("in a flood takes the place of its own older letters, and of nobody else's", async () => {
    verifies("DLV-100");
    await using led = await lead(world());
    await using ada = await enter(world(), ["c"]);
    await using bob = await enter(world(), ["c"]);
    await using eve = await enter(world(), ["c"]);
    await bury(led, ada, givenUp(bob, { to: ada.minted.id, text: "keep me" }));
    for (let number = 0; number < 230; number++) {
      await bury(led, eve, givenUp(bob, { to: eve.minted.id, text: "flood" }, `number ${number}`));
    }
    const kept = await lettersOf(led, eve);
    expect(kept.map(({ reason }) => reason)).toEqual(
      Array.from({ length: 200 }, (_, at) => `number ${at + 30}`),
    );
    expect(await lettersOf(led, ada)).toHaveLength(1);
    expect(led.told.map(({ code }) => code)).toContain("dead-full");
    // Large ones count by their size.
    for (let number = 0; number < 5; number++) {
      await bury(led, ada, givenUp(bob, { to: ada.minted.id, text: "x".repeat(100_000) }, `large ${number}`));
    }
    const large = await lettersOf(led, ada);
    expect(large.at(-1)).toMatchObject({ reason: "large 4", replayable: true });
    expect(large.length).toBeLessThan(6);
  });
});

describe("a dead letter", () => {
  test("is still there when its leader dies while it is handed out, and is the same letter the next time", async () => {
    verifies("DLV-98", "DLV-91");
    await using ada = await enter(world(), ["c"]);
    await using bob = await enter(world(), ["c"]);
    const first = await beginLead(world(), {
      arm: (faults) => faults.arm(shardFault.betweenReplayAndRemoval, { kind: "hold" }),
    });
    await first.ready();
    await bury(first, ada, givenUp(bob, { to: ada.minted.id, text: "do it" }));
    const place = await letterOf(first, ada);
    const outcome = Promise.allSettled([first.of(ada).letters.replay(place)]);
    await Promise.race([first.armed.reached, outcome]);
    await using second = await lead(world());
    expect(await letterOf(second, ada)).toEqual(place);
    await second.of(ada).letters.replay(place);
    expect(await lettersOf(second, ada)).toEqual([]);
    const letters = (await waiting(second, ada)).map((verdict) => "copy" in verdict && verdict.copy?.letter);
    expect(letters).toEqual([place.letter, place.letter]);
    // Given up again by then, it is another letter, which the one that wakes up does not take away.
    const { letter } = place;
    const again = givenUp(bob, { to: ada.minted.id, text: "do it" });
    const later = { ...again, ...(again.message && { message: { ...again.message, letter } }) };
    await bury(second, ada, later);
    const late = Promise.allSettled([bury(first, ada, later)]);
    first.armed.release();
    await Promise.all([outcome, late]);
    await first[Symbol.asyncDispose]();
    expect(await lettersOf(second, ada)).toHaveLength(1);
  });

  test("of a channel comes again only to whom may read it now, under that channel", async () => {
    verifies("DLV-98");
    const channel = newChannel();
    await using led = await lead(world());
    await using ada = await enter(world(), [channel, "c"]);
    await using bob = await enter(world(), [channel]);
    await bury(led, ada, givenUp(bob, { channel, text: "one" }));
    await bury(led, ada, givenUp(bob, { channel, text: "two" }));
    const { id } = ada.minted;
    await led.of(ada).letters.replay(await letterOf(led, ada));
    expect(await waiting(led, ada)).toMatchObject([{ verdict: "ok", kind: "channel", channel, seq: 7 }]);
    const [c] = ["c" as never];
    await led.of(ada).narrow(id, { allowSubscribe: [c], allowPublish: [] });
    const refused = led.of(ada).letters.replay(await letterOf(led, ada));
    expect((await failureOf(refused)).code).toBe("not-allowed");
    expect(await lettersOf(led, ada)).toHaveLength(1);
  });

  test("of work for a role comes again to the instance that has given it up", async () => {
    verifies("DLV-98");
    await using led = await lead(world());
    await using ada = await enter(world(), ["c"]);
    await using bob = await enter(world(), ["c"]);
    await bury(led, ada, givenUp(bob, { toService: "review", text: "look at it" }));
    await led.of(ada).letters.replay(await letterOf(led, ada));
    expect(await waiting(led, ada)).toMatchObject([{ verdict: "ok", kind: "anycast" }]);
    // Its rights to channels have nothing to do with that.
    await led.of(ada).narrow(ada.minted.id, { allowSubscribe: [], allowPublish: [] });
    expect(await waiting(led, ada)).toHaveLength(1);
  });

  test("goes with its owner, who can give nothing up any more", async () => {
    verifies("DLV-63", "DLV-64");
    await using led = await lead(world());
    await using ada = await enter(world(), ["c"]);
    await using bob = await enter(world(), ["c"]);
    const burial = givenUp(bob, { to: ada.minted.id, text: "do it" });
    await bury(led, ada, burial);
    await led.of(ada).retire(ada.minted.id);
    expect(await lettersOf(led, ada)).toEqual([]);
    await eventually(async () => expect((await failureOf(bury(led, ada, burial))).code).toBe("peer-retired"));
    expect(await lettersOf(led, ada)).toEqual([]);
  });

  test("is listed page by page, also by the leader of another shard", async () => {
    verifies("DLV-101");
    await using led = await lead(world());
    await using ada = await enter(world(), ["c"], 0);
    await using bob = await enter(world(), ["c"], 1);
    for (const text of ["one", "two", "three"]) {
      await bury(led, ada, givenUp(bob, { to: ada.minted.id, text }, text));
    }
    const owner = ada.minted.id;
    const first = await led.of(bob).letters.list({ owner, after: 0, limit: 2 });
    expect(first.map(({ reason }) => reason)).toEqual(["one", "two"]);
    const rest = await led.of(bob).letters.list({ owner, after: first[1]?.seq ?? 0, limit: 2 });
    expect(rest.map(({ reason }) => reason)).toEqual(["three"]);
    const all = await led.of(bob).letters.list({ owner: "*", after: 0, limit: 1_000 });
    expect(all.filter((row) => row.owner === owner)).toHaveLength(3);
    expect(asToken("letter", all[0]?.letter ?? "")).toHaveLength(32);
  });
});
