import { isDue } from "@cotal/registries";
import { verifies } from "@cotal/requirements";
import { asChannel, directLane, formatSubject } from "@cotal/subjects";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { aclKnowledge } from "../../src/core/authorise.ts";
import { planSettling, storedChannels } from "../../src/core/settle-plan.ts";
import { aclOf, ada, anyMember, backend, bob, memberOf, space } from "./support.ts";

const ops = asChannel("ops");

describe("to settle the rights of an owner", () => {
  test("is to purge what is stored outside them and to end the memberships outside them", () => {
    verifies("DLV-42", "DLV-61");
    const memberships = [memberOf({}), memberOf({ channel: ops, joinCursor: 3, generation: 4 })];
    const plan = planSettling({
      acl: aclKnowledge(aclOf(["team.>"])),
      stored: [backend, ops],
      memberships,
      chatSeq: 9,
    });
    expect(plan).toEqual({
      purge: [ops],
      end: [{ owner: ada, channel: ops, expectedGeneration: 4, leaveCursor: 9 }],
    });
  });

  test("takes everything when nothing may be read and nothing when that is not known", () => {
    verifies("DLV-44", "DLV-61");
    const facts = { stored: [backend, ops], memberships: [memberOf({})], chatSeq: 9 };
    expect(planSettling({ ...facts, acl: aclKnowledge(aclOf([])) })).toMatchObject({
      purge: [backend, ops],
      end: [{ channel: backend }],
    });
    const acl = aclKnowledge({ kind: "absent", key: ada, revision: 0 });
    expect(planSettling({ ...facts, acl })).toEqual({ purge: [], end: [] });
  });

  test("leaves what is for the owner itself, and what is told of all channels, which stands there too", () => {
    verifies("DLV-46", "DLV-61");
    const facts = { stored: [backend, directLane] as const, memberships: [], chatSeq: 9 };
    expect(planSettling({ ...facts, acl: aclKnowledge(aclOf(["ops"])) }).purge).toEqual([backend]);
  });

  test("leaves nothing due behind the place where the shard is, also when rights are widened later", () => {
    verifies("DLV-42", "DLV-61");
    const acl = aclKnowledge(aclOf([]));
    fc.assert(
      fc.property(fc.array(anyMember), fc.nat(12), (memberships, chatSeq) => {
        const { end } = planSettling({ acl, stored: [], memberships, chatSeq });
        const open = memberships.filter(({ state }) => state !== "left");
        expect(end).toHaveLength(open.length);
        for (const [at, member] of open.entries()) {
          const leaveCursor = end[at]?.leaveCursor;
          const ended = { ...member, leaveCursor };
          for (let seq = chatSeq + 1; seq < 15; seq++) expect(isDue(ended, seq)).toBe(false);
          expect(leaveCursor).toBeGreaterThanOrEqual(member.joinCursor);
        }
      }),
    );
  });

  test("again changes nothing", () => {
    verifies("DLV-61");
    const acl = aclKnowledge(aclOf(["team.>"]));
    const ended = memberOf({ channel: ops, leaveCursor: 9 });
    expect(planSettling({ acl, stored: [backend], memberships: [memberOf({}), ended], chatSeq: 12 })).toEqual(
      {
        purge: [],
        end: [],
      },
    );
  });
});

describe("what a shard holds for whom", () => {
  test("is told by the subjects of its stream", () => {
    const subjects = [
      formatSubject({ kind: "dlv", space, owner: ada, channel: backend }),
      formatSubject({ kind: "dlv", space, owner: bob, channel: ops }),
      formatSubject({ kind: "dlv", space, owner: ada, channel: ops }),
      formatSubject({ kind: "dinbox", space, owner: bob }),
      formatSubject({ kind: "ckpt", space, shard: 0 }),
    ];
    expect(storedChannels(subjects)).toEqual(
      new Map([
        [ada, [backend, ops]],
        [bob, [ops]],
      ]),
    );
  });
});
