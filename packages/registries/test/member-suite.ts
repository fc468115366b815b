import { verifies } from "@cotal/requirements";
import { describe, expect, test } from "vitest";
import { known } from "../src/lookup.ts";
import { membersRegistry } from "../src/members.ts";
import {
  activateMember,
  commitMember,
  forgetMember,
  nextGeneration,
  tombstoneMember,
} from "../src/membership.ts";
import { channel, member, owner } from "./records.ts";

import { type OpenWorld, seen } from "./world.ts";
/** What holds of memberships. */
export function memberSuite(open: OpenWorld): void {
  describe("a membership", () => {
    const place = { owner, channel };
    const leaving = { ...place, expectedGeneration: 1, leaveCursor: 20, writer: { holder: "h", epoch: 4 } };

    test("of a lower generation than the stored one is refused, and both are told", async () => {
      verifies("REG-9");
      await using world = await open(membersRegistry);
      const one = await world.join();
      const later = { ...member, generation: 5 };
      expect(await commitMember(one, later)).toEqual({ kind: "committed", revision: 1 });
      expect(await commitMember(one, member)).toEqual({
        kind: "stale-membership",
        stored: later,
        given: member,
      });
      expect(await commitMember(one, { ...later, joinCursor: 11 })).toEqual({
        kind: "committed",
        revision: 2,
      });
    });

    test("is committed again when another has written in between", async () => {
      verifies("REG-10");
      await using world = await open(membersRegistry);
      const [one, two] = [await world.join(), await world.join()];
      await commitMember(one, member);
      expect(await commitMember(two, { ...member, generation: 2 })).toEqual({
        kind: "committed",
        revision: 2,
      });
      expect(await commitMember(one, { ...member, generation: 1 })).toMatchObject({
        kind: "stale-membership",
      });
    });

    test("that has ended stays so, until a later join", async () => {
      verifies("REG-11", "REG-9");
      await using world = await open(membersRegistry);
      const [one, two] = [await world.join(), await world.join()];
      expect(await tombstoneMember(one, leaving)).toEqual({ kind: "absent" });
      await commitMember(one, member);
      expect(await tombstoneMember(one, leaving)).toMatchObject({
        kind: "tombstoned",
        revision: 2,
        record: { state: "left", leaveCursor: 20, writer: { epoch: 4 } },
      });
      await seen(two, 2);
      expect(await tombstoneMember(two, { ...leaving, leaveCursor: 99 })).toMatchObject({
        kind: "repeated",
        revision: 2,
        record: { leaveCursor: 20 },
      });
      expect(await commitMember(two, member)).toMatchObject({ kind: "stale-membership" });
      expect(await commitMember(two, { ...member, generation: 2 })).toMatchObject({ kind: "committed" });
      expect(await tombstoneMember(two, leaving)).toMatchObject({
        kind: "other-generation",
        stored: { generation: 2, state: "durable-active" },
      });
    });

    test("is activated when it is the very join that was meant, and otherwise superseded", async () => {
      verifies("REG-12");
      await using world = await open(membersRegistry);
      const one = await world.join();
      const asked = { ...place, generation: 1, joinCursor: 10 };
      expect(await activateMember(one, asked)).toEqual({ kind: "superseded", stored: undefined });
      await commitMember(one, member);
      for (const other of [
        { ...asked, generation: 2 },
        { ...asked, joinCursor: 11 },
      ]) {
        expect(await activateMember(one, other)).toEqual({ kind: "superseded", stored: member });
      }
      expect(await activateMember(one, asked)).toEqual({ kind: "activated", revision: 2 });
      expect(await activateMember(one, asked)).toEqual({ kind: "activated", revision: 2 });
      expect(known(one.get(`${owner}.${channel}`))).toMatchObject({ value: { activated: true } });
      await tombstoneMember(one, leaving);
      expect(await activateMember(one, asked)).toMatchObject({
        kind: "superseded",
        stored: { state: "left" },
      });
    });

    test("is removed only when nothing is stored any more that it could be due", async () => {
      verifies("REG-14");
      await using world = await open(membersRegistry);
      const one = await world.join();
      await commitMember(one, { ...member, generation: 7 });
      expect(await forgetMember(one, { ...place, firstSeq: 1_000 })).toBe("kept");
      await tombstoneMember(one, { ...leaving, expectedGeneration: 7 });
      expect(await forgetMember(one, { ...place, firstSeq: 20 })).toBe("kept");
      expect(await forgetMember(one, { ...place, firstSeq: 21 })).toBe("forgotten");
      expect(await forgetMember(one, { ...place, firstSeq: 21 })).toBe("forgotten");
      expect(one.entries()).toEqual([]);
    });

    test("has a higher generation than every earlier one, also than one that was removed", async () => {
      verifies("REG-14");
      await using world = await open(membersRegistry);
      const one = await world.join();
      const rejoin = async (): Promise<number> => {
        const generation = nextGeneration(known(one.get(`${owner}.${channel}`)));
        await commitMember(one, { ...member, generation });
        return generation;
      };
      const generations: number[] = [];
      for (let round = 0; round < 6; round++) {
        const generation = await rejoin();
        generations.push(generation);
        if (round % 2 === 0) continue;
        await tombstoneMember(one, { ...leaving, expectedGeneration: generation });
        await forgetMember(one, { ...place, firstSeq: 21 });
      }
      expect(generations).toEqual([...new Set(generations)].sort((a, b) => a - b));
    });
  });
}
