import type { MemberRecord } from "@cotal/registries";
import { verifies } from "@cotal/requirements";
import { asChannel, asChannelPattern, asOwnerId, asToken } from "@cotal/subjects";
import { generateSeed, publicFromSeed } from "@cotal/wire";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { diffFeed, type FeedRow, feedRows } from "../src/feed-diff.ts";

const space = asToken("space", "acme");
const newId = () => asOwnerId(publicFromSeed(generateSeed("user")));
const [alice, bob] = [newId(), newId()];
const member = (owner: typeof alice, channel: string, state: MemberRecord["state"] = "durable-active") => ({
  owner,
  channel: asChannel(channel),
  state,
});

describe("the rows of the feed", () => {
  test("join what all connections of a peer hear with where it is a durable member", () => {
    verifies("DLV-84");
    const rows = feedRows(
      space,
      [
        {
          authorized_user: alice,
          subscriptions_list: ["cotal.acme.chat.*.team.>", "_INBOX.x", "cotal.acme.chat.*.lab"],
        },
        {
          authorized_user: alice,
          subscriptions_list: ["cotal.acme.chat.*.lab", "cotal.acme.presence.digest"],
        },
        { authorized_user: bob },
      ],
      [member(bob, "lab"), member(alice, "lab", "left")],
    );
    expect(Object.fromEntries(rows)).toEqual({
      [alice]: { live: ["lab", "team.>"], durable: [] },
      [bob]: { live: [], durable: ["lab"] },
    });
  });

  test("leave out taps on the whole space, other spaces, and whoever has no id of ours", () => {
    verifies("DLV-86");
    const subjects = [
      "cotal.acme.chat.*.>",
      "cotal.acme.>",
      ">",
      "cotal.evil.chat.*.lab",
      "cotal.acme.chat.*.a b",
    ];
    const connections = [
      { authorized_user: alice, subscriptions_list: subjects },
      { authorized_user: "mallory", subscriptions_list: ["cotal.acme.chat.*.lab"] },
    ];
    expect([...feedRows(space, connections, [])]).toEqual([]);
  });
});

describe("the difference of two feeds", () => {
  test("is what makes one the other, and nothing more", () => {
    verifies("DLV-86");
    const row: fc.Arbitrary<FeedRow> = fc.record({
      live: fc.subarray([asChannelPattern("a"), asChannelPattern("b.>")]),
      durable: fc.subarray([asChannel("a"), asChannel("c")]),
    });
    const rows = fc.dictionary(fc.constantFrom("x", "y", "z"), row);
    const holey = fc.dictionary(fc.constantFrom("x", "y", "z", "w"), fc.option(row, { nil: undefined }));
    fc.assert(
      fc.property(holey, rows, (standing, wanted) => {
        const { put, remove } = diffFeed(new Map(Object.entries(standing)), new Map(Object.entries(wanted)));
        const after = new Map<string, FeedRow | undefined>(Object.entries(standing));
        for (const [id, one] of put) {
          expect(after.get(id)).not.toEqual(one);
          after.set(id, one);
        }
        for (const id of remove) expect(after.delete(id)).toBe(true);
        expect(Object.fromEntries(after)).toEqual(wanted);
      }),
    );
  });
});
