import { isDue } from "@cotal/registries";
import { verifies } from "@cotal/requirements";
import { asChannel, channelInAllow } from "@cotal/subjects";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { aclKnowledge, authorise } from "../../src/core/authorise.ts";
import { aclOf, ada, anyDue, anyMember, anySeq, backend, memberOf } from "./support.ts";

const covering = aclKnowledge(aclOf(["team.>"]));
const member = { owner: ada, reason: "member", generation: 1 } as const;
const mention = { owner: ada, reason: "mention", generation: 0 } as const;
const place = { seq: 5, channel: backend };

describe("an owner may have a post", () => {
  test("as the table says", () => {
    verifies("DLV-26");
    const nothing = aclKnowledge(aclOf([]));
    const membership = memberOf({ joinCursor: 4 });
    expect(authorise(member, place, { acl: nothing, membership })).toEqual(dropped("not-allowed"));
    expect(authorise(mention, place, { acl: nothing, membership })).toEqual(dropped("not-allowed"));
    expect(authorise(mention, place, { acl: covering, membership: undefined })).toEqual({ kind: "deliver" });
    expect(authorise(member, place, { acl: covering, membership })).toEqual({ kind: "deliver" });
    expect(authorise(member, place, { acl: covering, membership: undefined })).toEqual(
      dropped("no-membership"),
    );
    const again = memberOf({ joinCursor: 4, generation: 2 });
    expect(authorise(member, place, { acl: covering, membership: again })).toEqual(
      dropped("other-generation"),
    );
    const later = memberOf({ joinCursor: 5 });
    expect(authorise(member, place, { acl: covering, membership: later })).toEqual(
      dropped("outside-interval"),
    );
  });

  test("later, when no record tells its rights or none that can be read", () => {
    verifies("DLV-26", "DLV-44");
    const unknown = [
      aclKnowledge({ kind: "absent", key: ada, revision: 0 }),
      aclKnowledge({ kind: "undecodable", key: ada, revision: 3, reason: "?" }),
    ];
    for (const acl of unknown) {
      expect(authorise(member, place, { acl, membership: undefined })).toEqual({ kind: "defer" });
      expect(authorise(mention, place, { acl, membership: undefined })).toEqual({ kind: "defer" });
    }
  });

  test("not once it is retired, whatever else its record says", () => {
    verifies("DLV-26");
    const acl = aclKnowledge(aclOf(["team.>"], { retired: true }));
    expect(authorise(mention, place, { acl, membership: undefined })).toEqual(dropped("not-allowed"));
  });

  test("only within rights, generation and interval", () => {
    verifies("DLV-26", "DLV-42", "DLV-90");
    const rights = fc.subarray(["team.>", "team.backend", "team.*", "ops", ">"]);
    const channels = fc.constantFrom("team.backend", "team.frontend", "ops", "team.a.b").map(asChannel);
    const known = fc.option(anyMember, { nil: undefined });
    fc.assert(
      fc.property(anyDue, anySeq, channels, rights, known, (due, seq, channel, patterns, membership) => {
        const lookup = aclOf(patterns);
        const verdict = authorise(due, { seq, channel }, { acl: aclKnowledge(lookup), membership });
        const isRight = channelInAllow(lookup.kind === "found" ? lookup.value.allowSubscribe : [], channel);
        const isTied =
          membership !== undefined && membership.generation === due.generation && isDue(membership, seq);
        const expected = isRight && (due.reason === "mention" || isTied);
        expect(verdict.kind).toBe(expected ? "deliver" : "drop");
      }),
    );
  });
});

function dropped(reason: string): object {
  return { kind: "drop", reason };
}
