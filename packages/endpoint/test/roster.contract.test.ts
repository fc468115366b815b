import { eventually } from "@cotal/harness";
import { createRegistryWriter, directoryRegistry } from "@cotal/registries";
import { verifies } from "@cotal/requirements";
import { type Session, store } from "@cotal/session";
import { formatSubject, keySubject, type OwnerId, registryKey } from "@cotal/subjects";
import type { PresenceDigest } from "@cotal/wire";
import { describe, expect, test } from "vitest";
import { authSpaceOfFile } from "./support-auth-space.ts";
import { codeOf, liveNames, type Peer, space, startPeer } from "./support-presence.ts";

const authSpace = authSpaceOfFile();
const startAs = (name: string, mode: "peer" | "observer" = "peer"): Promise<Peer> => {
  const { url, creds } = authSpace();
  const profile = mode === "peer" ? "agent" : "observer";
  return startPeer(url, { name, mode, auth: creds({ profile, name }) });
};

/** Says what the delivery leader would say. */
type Tell = (digest: Partial<PresenceDigest>) => Promise<void>;

let epochs = 0;
const asLeader = (run: (tell: Tell, session: Session) => Promise<void>): Promise<void> =>
  authSpace().as({ profile: "delivery", name: "leader" }, async (session) => {
    const epoch = ++epochs;
    let version = 0;
    const subject = formatSubject({ kind: "digest", space });
    const tell: Tell = async (more) => {
      const digest = { v: 1, epoch, version: ++version, full: false, live: [], gone: [], ...more };
      session.connection.publish(subject, JSON.stringify(digest));
      await session.connection.flush();
    };
    await run(tell, session);
  });

describe("the roster of an authenticated space", () => {
  test("is current only while a leader tells who beats", async () => {
    verifies("ENDP-64", "ENDP-66");
    await using ada = await startAs("ada");
    await using watcher = await startAs("watcher", "observer");
    await eventually(() => expect(liveNames(watcher)).toEqual(["ada"]));
    expect(watcher.roster.freshness()).toMatchObject({ kind: "stale" });
    await asLeader(async (tell) => {
      await tell({ full: true, live: [ada.id] });
      await eventually(() => expect(watcher.roster.freshness()).toEqual({ kind: "current" }));
      await tell({ version: 9 });
      await eventually(() => expect(watcher.roster.freshness()).toMatchObject({ kind: "stale" }));
      expect(liveNames(watcher)).toEqual(["ada"]);
    });
  });

  test("loses a peer that died once the leader no longer hears its beats", async () => {
    verifies("ENDP-67");
    const ada = await startAs("ada");
    await using bob = await startAs("bob");
    await eventually(() => expect(liveNames(bob)).toEqual(["ada", "bob"]));
    await asLeader(async (tell) => {
      await tell({ full: true, live: [ada.id, bob.id] });
      await ada.die();
      await tell({ gone: [ada.id] });
      await eventually(() => expect(liveNames(bob)).toEqual(["bob"]));
      expect(bob.changes.at(-1)).toMatchObject({ kind: "left", peer: { name: "ada", status: "offline" } });
      expect(bob.roster.entries().find(({ id }) => id === ada.id)?.seenAt).toBeTypeOf("number");
    });
  });

  test("takes no word for a digest that is none", async () => {
    verifies("ENDP-64");
    await using ada = await startAs("ada");
    await asLeader(async (tell, session) => {
      await tell({ full: true, live: [ada.id] });
      const subject = formatSubject({ kind: "digest", space });
      for (const text of ['{"stream":"CHAT_acme","seq":4}', "not json", "{}"])
        session.connection.publish(subject, text);
      await tell({ version: 2 });
      await eventually(() => expect(ada.roster.freshness()).toEqual({ kind: "current" }));
      expect(liveNames(ada)).toContain("ada");
    });
  });

  test("names peers by the directory, whatever they call themselves", async () => {
    verifies("ENDP-68");
    await using ada = await startAs("ada");
    await using impostor = await startAs("ada");
    const writer = createRegistryWriter(directoryRegistry, {
      space,
      secret: authSpace().secretOf("directory"),
    });
    const list = (id: OwnerId, name: string, retired = false): Promise<unknown> =>
      authSpace().as({ profile: "provisioner", name: "provisioner" }, (session) =>
        writer.put(session, id, { v: 1, id, name, kind: "agent", ...(retired && { retired }) }),
      );
    await list(ada.id, "ada");
    await list(impostor.id, "eve");
    await eventually(() => expect(ada.roster.idOf("EVE")).toBe(impostor.id));
    expect(ada.roster.idOf("ada")).toBe(ada.id);
    expect(ada.roster.idOf(impostor.id)).toBe(impostor.id);
    expect(() => ada.roster.idOf("nobody")).toThrow("nobody is called");
    await list(impostor.id, "ada");
    const ambiguous = (): string[] => {
      const resolution = ada.roster.resolve("ada");
      return resolution.kind === "ambiguous" ? resolution.candidates.map(({ id }) => id) : [];
    };
    await eventually(() => expect(ambiguous().sort()).toEqual([ada.id, impostor.id].sort()));
    expect(() => ada.roster.idOf("ada")).toThrow("several peers");
    await list(impostor.id, "ada", true);
    await eventually(() => expect(ada.roster.idOf("ada")).toBe(ada.id));
  });
});

describe("the rights of a peer", () => {
  test("let it write no record and no beat but its own", async () => {
    verifies("ENDP-62");
    await using ada = await startAs("ada");
    await authSpace().as({ profile: "agent", name: "mallory" }, async (session, id) => {
      for (const key of [ada.id, registryKey.beat(ada.id)]) {
        const subject = keySubject(space, "presence", key);
        expect(await codeOf(store(session, { subject, data: "{}" }))).toBe("not-allowed");
      }
      const subject = keySubject(space, "presence", registryKey.beat(id));
      expect(await codeOf(store(session, { subject, data: "" }))).toBe("no failure");
    });
    expect(ada.changes.map(({ kind }) => kind)).not.toContain("left");
  });

  test("suffice to tell a second program of one id from a crash", async () => {
    verifies("ENDP-2");
    const { url, creds } = authSpace();
    const auth = creds({ profile: "agent", name: "ada" });
    const first = await startPeer(url, { auth });
    expect(await codeOf(startPeer(url, { auth }))).toBe("identity-in-use");
    await first.die();
    await using second = await startPeer(url, { auth });
    expect(second.announcer.health()).toEqual({ kind: "ok" });
  });
});
