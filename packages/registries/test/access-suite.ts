import { verifies } from "@cotal/requirements";
import { asChannelPattern } from "@cotal/subjects";
import { describe, expect, test } from "vitest";
import { narrowAcl, provisionAcl, retireAcl, widenAcl } from "../src/access.ts";
import { aclRegistry, type Rights } from "../src/acl.ts";
import { owner } from "./records.ts";
import { failureOf } from "./support.ts";

import { type OpenWorld, seen } from "./world.ts";
/** What holds of rights. */
export function accessSuite(open: OpenWorld): void {
  const rights = rightsOf(["team.>", "lab"], ["team.a"]);
  const fewer = rightsOf(["team.a.>"], []);

  describe("the rights of an owner", () => {
    test("are written whole, one epoch after the other", async () => {
      verifies("REG-15", "REG-16");
      await using world = await open(aclRegistry);
      const one = await world.join();
      expect(one.get(owner).kind).toBe("absent");
      expect(await narrowAcl(one, owner, fewer)).toEqual({ kind: "absent" });
      expect(await retireAcl(one, owner)).toEqual({ kind: "absent" });
      expect(await provisionAcl(one, owner, rights)).toMatchObject({ kind: "written", record: { epoch: 1 } });
      expect(await provisionAcl(one, owner, rights)).toMatchObject({
        kind: "unchanged",
        record: { epoch: 1 },
      });
      expect(await provisionAcl(one, owner, fewer)).toMatchObject({ kind: "differs", record: { epoch: 1 } });
      expect(await narrowAcl(one, owner, fewer)).toMatchObject({
        kind: "written",
        record: { epoch: 2, ...fewer },
      });
      expect(await narrowAcl(one, owner, fewer)).toMatchObject({ kind: "unchanged", record: { epoch: 2 } });
      expect(await narrowAcl(one, owner, rights)).toMatchObject({ kind: "wider", record: { epoch: 2 } });
      const nothing = rightsOf([], []);
      expect(await narrowAcl(one, owner, nothing)).toMatchObject({ record: { epoch: 3, ...nothing } });
      expect(await retireAcl(one, owner)).toMatchObject({
        kind: "written",
        record: { epoch: 4, retired: true },
      });
      expect(await retireAcl(one, owner)).toMatchObject({ kind: "unchanged", record: { epoch: 4 } });
      expect(await narrowAcl(one, owner, nothing)).toMatchObject({ kind: "retired" });
      expect(await provisionAcl(one, owner, rights)).toMatchObject({ kind: "retired" });
    });

    test("are widened when nothing is taken away by that, and never those of a retired owner", async () => {
      verifies("REG-15");
      await using world = await open(aclRegistry);
      const one = await world.join();
      expect(await widenAcl(one, owner, rights)).toEqual({ kind: "absent" });
      await provisionAcl(one, owner, fewer);
      expect(await widenAcl(one, owner, rights)).toMatchObject({
        kind: "written",
        record: { epoch: 2, ...rights },
      });
      expect(await widenAcl(one, owner, rights)).toMatchObject({ kind: "unchanged", record: { epoch: 2 } });
      expect(await widenAcl(one, owner, fewer)).toMatchObject({ kind: "narrower", record: { epoch: 2 } });
      await retireAcl(one, owner);
      expect(await widenAcl(one, owner, rights)).toMatchObject({ kind: "retired" });
    });

    test("have an epoch for each change, also when many change them at once", async () => {
      verifies("REG-15");
      await using world = await open(aclRegistry);
      const racers = await world.racers(20);
      const all = Array.from({ length: 20 }, (_, at) => `c${at}`);
      await provisionAcl(await world.join(), owner, rightsOf(all, []));
      const outcomes = await Promise.all(
        racers.map((one, at) =>
          seen(one, 1).then(() => narrowAcl(one, owner, rightsOf(all.slice(0, 19 - at), []))),
        ),
      );
      const written = outcomes.flatMap((one) => (one.kind === "written" ? [one] : []));
      written.sort((a, b) => a.revision - b.revision);
      expect(written.map(({ record }) => record.epoch)).toEqual(written.map((_, at) => at + 2));
      const sizes = written.map(({ record }) => record.allowSubscribe.length);
      expect(sizes).toEqual([...sizes].sort((a, b) => b - a));
      expect(sizes.at(-1)).toBe(0);
    });

    test("are at most 200 patterns", async () => {
      verifies("REG-17");
      await using world = await open(aclRegistry);
      const one = await world.join();
      const many = (length: number) => Array.from({ length }, (_, at) => `c${at}`);
      const over = rightsOf(many(100), many(101));
      expect(await failureOf(provisionAcl(one, owner, over))).toMatchObject({
        code: "too-many-patterns",
        data: { patterns: 201, limit: 200 },
      });
      const full = rightsOf(many(100), many(100));
      expect((await provisionAcl(one, owner, full)).kind).toBe("written");
      expect((await failureOf(narrowAcl(one, owner, over))).code).toBe("too-many-patterns");
    });
  });
}

function rightsOf(subscribe: readonly string[], publish: readonly string[]): Rights {
  return { allowSubscribe: subscribe.map(asChannelPattern), allowPublish: publish.map(asChannelPattern) };
}
