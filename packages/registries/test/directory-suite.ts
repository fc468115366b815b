import { verifies } from "@cotal/requirements";
import type { OwnerId } from "@cotal/subjects";
import { describe, expect, test } from "vitest";
import { directoryRegistry } from "../src/directory.ts";
import { enterDirectory, retireEntry } from "../src/directory-entry.ts";
import { failureOf, newId } from "./support.ts";

import type { OpenWorld } from "./world.ts";
/** What holds of the directory. */
export function directorySuite(open: OpenWorld): void {
  const entry = (id: OwnerId, name: string) => ({ v: 1, id, name, kind: "agent" }) as const;

  describe("the directory", () => {
    test("gives a name to one peer, until that is retired", async () => {
      verifies("REG-41");
      await using world = await open(directoryRegistry);
      const one = await world.join();
      const [alice, bob, carol] = [newId(), newId(), newId()];
      expect(await enterDirectory(one, entry(alice, "Ann"))).toMatchObject({ kind: "written" });
      expect(await enterDirectory(one, entry(alice, "Ann"))).toEqual({ kind: "unchanged" });
      expect(await enterDirectory(one, entry(alice, "Eve"))).toMatchObject({ kind: "differs" });
      expect(await enterDirectory(one, entry(bob, "ann"))).toEqual({ kind: "name-taken", by: alice });
      expect(await retireEntry(one, bob)).toBe("absent");
      expect(await retireEntry(one, alice)).toBe("retired");
      expect(await retireEntry(one, alice)).toBe("unchanged");
      expect(await enterDirectory(one, entry(alice, "Ann"))).toMatchObject({ kind: "retired" });
      expect(await enterDirectory(one, entry(bob, "ANN"))).toMatchObject({ kind: "written" });
      await world.raw(carol, '{"v":2}');
      const late = await world.join();
      expect((await failureOf(enterDirectory(late, entry(newId(), "Zoe")))).code).toBe("undecodable");
    });

    test("gives a name to one of many who want it at once", async () => {
      verifies("REG-41");
      await using world = await open(directoryRegistry);
      const racers = await world.racers(20);
      const outcomes = await Promise.all(racers.map((one) => enterDirectory(one, entry(newId(), "ann"))));
      expect(outcomes.filter(({ kind }) => kind === "written")).toHaveLength(1);
      expect(outcomes.filter(({ kind }) => kind === "name-taken")).toHaveLength(19);
    });
  });
}
