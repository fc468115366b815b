import { isDue, type MemberRecord } from "@cotal/registries";
import { verifies } from "@cotal/requirements";
import type { OwnerId } from "@cotal/subjects";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Routed, type RouteView, route } from "../../src/core/route.ts";
import { ada, anyMember, anyOwner, anySeq, backend, bob, eve, memberOf, owners } from "./support.ts";

const post: Routed = { seq: 5, sender: ada, channel: backend, mentions: [] };

function viewOf(members: readonly MemberRecord[], fields: Partial<RouteView> = {}): RouteView {
  return {
    isDurable: () => true,
    membersOf: () => members,
    resolve: (name) => owners.find((owner) => owner === name),
    isLocal: () => true,
    ...fields,
  };
}

describe("a post is routed", () => {
  test("to the members in whose interval it lies, with their generation, and not to its sender", () => {
    verifies("DLV-22");
    const members = [
      memberOf({ owner: ada }),
      memberOf({ owner: bob, joinCursor: 4, leaveCursor: 5, generation: 7 }),
      memberOf({ owner: eve, joinCursor: 5 }),
    ];
    expect(route(post, viewOf(members))).toEqual([{ owner: bob, reason: "member", generation: 7 }]);
    expect(route({ ...post, seq: 6 }, viewOf(members))).toEqual([
      { owner: eve, reason: "member", generation: 1 },
    ]);
  });

  test("to those mentioned who get it in no other way, once", () => {
    verifies("DLV-5", "DLV-23");
    const members = [memberOf({ owner: bob })];
    const mentions = ["nobody", ada, bob, eve, eve];
    expect(route({ ...post, mentions }, viewOf(members))).toEqual(
      [
        { owner: bob, reason: "member", generation: 1 },
        { owner: eve, reason: "mention", generation: 0 },
      ].sort((a, b) => (a.owner < b.owner ? -1 : 1)),
    );
    const elsewhere = viewOf(members, { isLocal: (owner) => owner !== eve });
    expect(route({ ...post, mentions }, elsewhere).map(({ owner }) => owner)).toEqual([bob]);
  });

  test("in a live channel to those mentioned alone, by what its class is when it is read", () => {
    verifies("DLV-23", "DLV-30");
    const view = viewOf([memberOf({ owner: bob })], { isDurable: () => false });
    expect(route(post, view)).toEqual([]);
    expect(route({ ...post, mentions: [bob] }, view)).toEqual([
      { owner: bob, reason: "mention", generation: 0 },
    ]);
  });

  test("to the same owners whatever the order of what is known, in the order of their ids", () => {
    verifies("DLV-22", "DLV-23", "DLV-38", "DLV-90");
    const known = fc.uniqueArray(anyMember, { selector: ({ owner }) => owner });
    fc.assert(
      fc.property(known, anyOwner, anySeq, fc.array(anyOwner), fc.boolean(), (members, ...given) => {
        const [sender, seq, mentions, durable] = given;
        const routed = { ...post, seq, sender, mentions };
        const dues = route(routed, viewOf(members, { isDurable: () => durable }));
        const isMember = (owner: OwnerId): boolean =>
          durable && members.some((member) => member.owner === owner && isDue(member, seq));
        const expected = owners.filter(
          (owner) => owner !== sender && (isMember(owner) || mentions.includes(owner)),
        );
        expect(dues.map(({ owner }) => owner)).toEqual(expected);
        for (const { owner, reason } of dues) expect(reason).toBe(isMember(owner) ? "member" : "mention");
        const reversed = viewOf([...members].reverse(), { isDurable: () => durable });
        expect(route({ ...routed, mentions: [...mentions].reverse() }, reversed)).toEqual(dues);
      }),
    );
  });
});
