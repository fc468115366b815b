import { verifies } from "@cotal/requirements";
import { describe, expect, test } from "vitest";
import { type DirectoryEntry, type RosterEntry, resolvePeer } from "../src/index.ts";
import { alice, bob, newPeer } from "./peers.ts";

const eve = newPeer();
const directory: readonly DirectoryEntry[] = [
  { id: alice.id, name: "Ada" },
  { id: bob.id, name: "Bob" },
];
const live = (id: string, name: string): RosterEntry => ({ id, name, live: true });
const away = (id: string, name: string): RosterEntry => ({ id, name, live: false });

function idOf(...args: Parameters<typeof resolvePeer>): string | readonly string[] {
  const found = resolvePeer(...args);
  if (found.kind === "found") return found.peer.id;
  return found.kind === "ambiguous" ? found.candidates.map(({ id }) => id) : "unknown";
}

describe("a target", () => {
  test("that is an id means that peer, in any case of its letters", () => {
    verifies("WIRE-90", "WIRE-6");
    expect(resolvePeer([], directory, bob.id)).toEqual({
      kind: "found",
      peer: { id: bob.id, name: "Bob", live: false },
    });
    expect(idOf([], directory, bob.id.toLowerCase())).toBe(bob.id);
    const impostor = [...directory, { id: eve.id, name: bob.id }];
    expect(idOf([live(eve.id, bob.id)], impostor, bob.id)).toBe(bob.id);
    expect(idOf([live(eve.id, "Eve")], directory, eve.id)).toBe("unknown");
  });

  test("that is a name means the one live peer of it, else the only one of it", () => {
    verifies("WIRE-90", "WIRE-6");
    const twins = [...directory, { id: eve.id, name: "bob" }];
    expect(idOf([live(bob.id, "Bob")], directory, " BOB ")).toBe(bob.id);
    expect(idOf([], directory, "bob")).toBe(bob.id);
    expect(idOf([live(eve.id, "bob"), away(bob.id, "Bob")], twins, "bob")).toBe(eve.id);
    expect(idOf([], twins, "bob")).toEqual([bob.id, eve.id]);
    expect(idOf([live(eve.id, "bob"), live(bob.id, "Bob")], twins, "bob")).toEqual([bob.id, eve.id]);
    for (const nobody of ["carol", "", " "]) expect(idOf([], directory, nobody)).toBe("unknown");
  });

  test("is looked up in the directory alone, where there is one", () => {
    verifies("WIRE-91");
    expect(idOf([live(eve.id, "Bob")], directory, "bob")).toBe(bob.id);
    expect(idOf([live(eve.id, "carol")], directory, "carol")).toBe("unknown");
    const retired = [{ id: bob.id, name: "Bob", retired: true }];
    expect(idOf([live(bob.id, "Bob")], retired, "bob")).toBe("unknown");
    expect(idOf([live(bob.id, "Bob")], retired, bob.id)).toBe("unknown");
    const successor = [...retired, { id: eve.id, name: "Bob" }];
    expect(idOf([live(bob.id, "Bob")], successor, "bob")).toBe(eve.id);
  });

  test("is looked up in the roster, where there is no directory", () => {
    verifies("WIRE-91");
    const roster = [live(eve.id, "carol"), away(bob.id, "Bob")];
    expect(idOf(roster, null, "Carol")).toBe(eve.id);
    expect(idOf(roster, null, "bob")).toBe(bob.id);
    expect(idOf([...roster, live(alice.id, "carol")], null, "carol")).toEqual([eve.id, alice.id]);
    expect(idOf(roster, null, "ada")).toBe("unknown");
  });
});
