import { verifies } from "@cotal/requirements";
import { describe, expect, test } from "vitest";
import type { CasRegistry } from "../src/cas-registry.ts";
import { change } from "../src/change.ts";
import { known } from "../src/lookup.ts";
import { type MemberRecord, membersRegistry } from "../src/members.ts";
import { commitMember } from "../src/membership.ts";
import { channel, member, owner } from "./records.ts";
import { failureOf } from "./support.ts";

import type { OpenWorld } from "./world.ts";
/** A hundred at once. */
export function raceSuite(open: OpenWorld): void {
  describe("a hundred writers of one key", () => {
    const key = `${owner}.${channel}`;

    test("have one winner for each revision", async () => {
      verifies("REG-38");
      await using world = await open(membersRegistry);
      const racers = await world.racers(100);
      let revision = 0;
      for (const round of [1, 2, 3]) {
        const outcomes = await Promise.all(
          racers.map((one, at) =>
            one.put(key, { ...member, generation: round, joinCursor: at }, { expectedRevision: revision }),
          ),
        );
        const won = outcomes.filter((one) => one.kind === "written");
        expect(won).toHaveLength(1);
        expect(outcomes.filter((one) => one.kind === "fenced")).toHaveLength(99);
        revision = won[0]?.revision ?? 0;
        expect(revision).toBe(round);
      }
    });

    test("lose no change", async () => {
      verifies("REG-38", "REG-10");
      await using world = await open(membersRegistry);
      const racers = await world.racers(100);
      const counted = await Promise.all(
        racers.map((one) =>
          change<MemberRecord, number>(
            one,
            key,
            (standing) => {
              const joinCursor = standing.kind === "found" ? standing.value.joinCursor + 1 : 1;
              return { kind: "put", value: { ...member, joinCursor }, answer: () => joinCursor };
            },
            { attempts: 1_000 },
          ),
        ),
      );
      expect([...counted].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, at) => at + 1));
    });

    test("never bring a generation back", async () => {
      verifies("REG-9", "REG-38");
      await using world = await open(membersRegistry);
      const racers = await world.racers(100);
      const outcomes = await Promise.all(
        racers.map(async (one, at) => {
          const outcome = await commitMember(one, { ...member, generation: 1 + ((at * 37) % 100) });
          return outcome.kind === "committed" ? [outcome.revision, 1 + ((at * 37) % 100)] : undefined;
        }),
      );
      const stored = outcomes.flatMap((one) => (one ? [one as [number, number]] : []));
      stored.sort(([a], [b]) => a - b);
      const generations = stored.map(([, generation]) => generation);
      expect(generations).toEqual([...generations].sort((a, b) => a - b));
      expect(generations.at(-1)).toBe(100);
      expect(known((await world.join()).get(key))).toMatchObject({
        value: { generation: 100 },
      });
    });

    test("are told when their attempts are used up", async () => {
      await using world = await open(membersRegistry);
      const [one, two] = [await world.join(), await world.join()];
      let revision = 0;
      const busy: CasRegistry<MemberRecord> = {
        ...one,
        get: (k) => one.get(k),
        get revision() {
          return one.revision;
        },
        put: async (k, value, expected) => {
          const other = await two.put(k, member, { expectedRevision: revision });
          revision = other.kind === "written" ? other.revision : revision;
          return await one.put(k, value, expected);
        },
      };
      const always = () => ({ kind: "put", value: member, answer: () => "done" }) as const;
      const failure = await failureOf(change(busy, key, always, { attempts: 3 }));
      expect(failure).toMatchObject({ code: "contended", data: { attempts: 3, key } });
    });
  });
}
