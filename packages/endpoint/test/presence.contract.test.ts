import { eventually, withSession } from "@cotal/harness";
import { brokerOfFile } from "@cotal/harness/broker-of-file";
import { verifies } from "@cotal/requirements";
import { requestApi, store } from "@cotal/session";
import { asChannel, keySubject, registryKey, streamName } from "@cotal/subjects";
import { generateSeed } from "@cotal/wire";
import { describe, expect, test } from "vitest";
import { sampleBeats } from "../src/beat-sample.ts";
import {
  codeOf,
  liveNames,
  makeOpenSpace,
  newId,
  newPeer,
  type Peer,
  space,
  startPeer,
} from "./support-presence.ts";

const broker = brokerOfFile();
const url = (): string => broker().url;
const stream = streamName.registry(space, "presence");
const openAs = (seed: string) => ({ kind: "open", seed }) as const;

async function withPeers(
  names: readonly string[],
  run: (peers: readonly Peer[]) => Promise<void>,
): Promise<void> {
  const peers = await Promise.all(names.map((name) => startPeer(url(), { name })));
  try {
    await run(peers);
  } finally {
    await Promise.all(peers.map((peer) => peer.stop()));
  }
}

/** What stands under a key of the bucket, and its place there. */
async function standing(key: string): Promise<{ readonly seq: number; readonly text: string }> {
  return await withSession(url(), async (session) => {
    const { message } = await requestApi<{ message: { seq: number; data?: string } }>(
      session,
      `STREAM.MSG.GET.${stream}`,
      { last_by_subj: keySubject(space, "presence", key) },
    );
    return { seq: message.seq, text: Buffer.from(message.data ?? "", "base64").toString() };
  });
}

/** Where the record of a peer and its beat were written last. */
async function writesOf({ id }: Peer): Promise<{ record: number; beat: number }> {
  return { record: (await standing(id)).seq, beat: (await standing(registryKey.beat(id))).seq };
}

describe("presence in an open space", () => {
  test("shows twenty peers to each other, and again after the broker has forgotten everything", async () => {
    verifies("ENDP-62", "ENDP-66", "REG-27");
    await makeOpenSpace(url());
    const names = Array.from({ length: 20 }, (_, number) => `peer-${number}`).sort();
    await withPeers(names, async (peers) => {
      const converged = (): void => {
        for (const peer of peers) expect(liveNames(peer)).toEqual(names);
        for (const { roster } of peers) expect(roster.freshness()).toEqual({ kind: "current" });
      };
      await eventually(converged, { timeoutMs: 60_000 });
      await broker().kill();
      await broker().restart();
      const written = async (): Promise<void> => {
        for (const { link } of peers) expect(link.state.kind).toBe("live");
        for (const peer of peers) await writesOf(peer);
      };
      await eventually(written, { timeoutMs: 60_000 });
      await eventually(converged, { timeoutMs: 60_000 });
      for (const { changes } of peers) {
        expect(changes.filter(({ kind }) => kind === "left").map(({ peer }) => peer.name)).toEqual([]);
      }
    });
  });

  test("tells others of a change and of a goodbye, and writes the record for nothing else", async () => {
    verifies("ENDP-62", "ENDP-63", "ENDP-66");
    await makeOpenSpace(url());
    await withPeers(["ada", "bob"], async ([ada, bob]) => {
      if (!ada || !bob) throw new Error("two peers");
      await eventually(() => expect(liveNames(bob)).toEqual(["ada", "bob"]));
      const before = await writesOf(ada);
      await ada.announcer.setStatus("idle");
      expect((await writesOf(ada)).record).toBe(before.record);
      await ada.announcer.setStatus("working");
      await ada.announcer.setActivity("reading");
      await ada.announcer.setAttention("focus");
      await ada.announcer.setChannelMode(asChannel("team"), "muted");
      const seen = () => bob.roster.entries().find(({ id }) => id === ada.id);
      await eventually(() =>
        expect(seen()).toMatchObject({
          status: "working",
          live: true,
          presence: { activity: "reading", attention: "focus", channelModes: { team: "muted" } },
        }),
      );
      await ada.announcer.setChannelMode(asChannel("team"), undefined);
      await eventually(() => expect(seen()?.presence?.channelModes).toBeUndefined());
      const { record, beat } = await writesOf(ada);
      await eventually(async () => expect((await writesOf(ada)).beat).toBeGreaterThan(beat));
      expect((await writesOf(ada)).record).toBe(record);
      await ada.stop();
      await eventually(() => expect(seen()).toMatchObject({ live: false, status: "offline" }));
      expect(bob.changes.filter(({ peer }) => peer.id === ada.id).map(({ kind }) => kind)).toEqual([
        "joined",
        ...Array(5).fill("changed"),
        "left",
      ]);
      expect(await codeOf(ada.announcer.setStatus("idle"))).toBe("stopped");
    });
  });

  test("keeps what was known of a peer whose record cannot be read, and that peer writes it again", async () => {
    verifies("REG-3");
    await makeOpenSpace(url());
    await withPeers(["ada", "bob"], async ([ada, bob]) => {
      if (!ada || !bob) throw new Error("two peers");
      await eventually(() => expect(liveNames(bob)).toEqual(["ada", "bob"]));
      const before = await standing(ada.id);
      // What anybody can make the broker write there.
      const ack = '{"stream":"X","seq":3}';
      await withSession(url(), (session) =>
        store(session, { subject: keySubject(space, "presence", ada.id), data: ack }),
      );
      await eventually(async () => expect((await standing(ada.id)).text).toBe(before.text));
      expect(liveNames(bob)).toEqual(["ada", "bob"]);
      expect(bob.changes.map(({ kind }) => kind)).not.toContain("left");
    });
  });

  test("takes its record back when somebody else writes another one", async () => {
    verifies("ENDP-62");
    await makeOpenSpace(url());
    await withPeers(["ada"], async ([ada]) => {
      if (!ada) throw new Error("a peer");
      await withSession(url(), (session) =>
        store(session, {
          subject: keySubject(space, "presence", ada.id),
          data: JSON.stringify({ ...ada.announcer.presence, status: "offline" }),
        }),
      );
      await eventually(() =>
        expect(ada.changes.map(({ kind }) => kind)).toEqual(["joined", "left", "joined"]),
      );
    });
  });

  test("that is lost is said once, blocks nothing, and is published as soon as it is back", async () => {
    verifies("ENDP-65", "REG-27");
    await makeOpenSpace(url());
    await withPeers(["ada"], async ([ada]) => {
      if (!ada) throw new Error("a peer");
      // A stream that holds the subjects of the bucket and takes no more keeps the peer from writing.
      await withSession(url(), async (session) => {
        await requestApi(session, `STREAM.DELETE.${stream}`);
        await requestApi(session, "STREAM.CREATE.BLOCK", {
          name: "BLOCK",
          subjects: [keySubject(space, "presence", "x").replace(/x$/, ">")],
          storage: "memory",
          max_msgs: 1,
          max_msg_size: 1,
          discard: "new",
        });
      });
      await ada.announcer.setStatus("working");
      await eventually(() => expect(ada.announcer.health()).toMatchObject({ kind: "degraded" }));
      await ada.announcer.setActivity("waiting for the bucket");
      expect(ada.link.state.kind).toBe("live");
      const degraded = () => ada.faults.filter(({ capability }) => capability === "presence");
      expect(degraded().map(({ error }) => error.code)).toEqual(["presence-degraded"]);
      await withSession(url(), (session) => requestApi(session, "STREAM.DELETE.BLOCK"));
      await eventually(() => expect(ada.announcer.health()).toEqual({ kind: "ok" }), { timeoutMs: 60_000 });
      await eventually(
        () => expect(ada.roster.entries()[0]).toMatchObject({ live: true, status: "working" }),
        {
          timeoutMs: 60_000,
        },
      );
      expect(degraded()).toHaveLength(1);
    });
  });
});

test("a bucket that was just made says of nobody that its beats have ended", async () => {
  verifies("ENDP-67");
  await makeOpenSpace(url());
  await withSession(url(), async (session) => {
    expect(await sampleBeats(session, { space, id: newId(), version: 1 })).toBeUndefined();
  });
});

describe("one id", () => {
  test("is one peer: a second program is refused, and the first goes on", async () => {
    verifies("ENDP-2");
    await makeOpenSpace(url());
    const auth = openAs(generateSeed("user"));
    await using first = await startPeer(url(), { auth });
    expect(await codeOf(startPeer(url(), { auth }))).toBe("identity-in-use");
    await first.announcer.setStatus("working");
    expect(first.displaced).toEqual([]);
    expect(first.announcer.health()).toEqual({ kind: "ok" });
  });

  test("is free again at once after a goodbye, and soon after a crash", async () => {
    verifies("ENDP-2");
    await makeOpenSpace(url());
    const auth = openAs(generateSeed("user"));
    const first = await startPeer(url(), { auth });
    await first.stop();
    const second = await startPeer(url(), { auth });
    await second.die();
    const since = performance.now();
    await using third = await startPeer(url(), { auth });
    expect(third.link.state.kind).toBe("live");
    // Less than the life of a beat: the crash was told apart from a program that is alive.
    expect(performance.now() - since).toBeLessThan(20_000);
  });

  test("goes to a takeover, and the former program stops with the reason", async () => {
    verifies("ENDP-2");
    await makeOpenSpace(url());
    const auth = openAs(generateSeed("user"));
    const first = await startPeer(url(), { auth });
    await using second = await startPeer(url(), { auth, takeover: true, name: "second" });
    await eventually(() => expect(first.link.state.kind).toBe("stopped"), { timeoutMs: 60_000 });
    expect(first.displaced.map(({ code }) => code)).toEqual(["identity-in-use"]);
    await eventually(() => expect(liveNames(second)).toEqual(["second"]));
    expect(second.announcer.health()).toEqual({ kind: "ok" });
    await first.stop();
  });

  test("is kept over a lost connection", async () => {
    verifies("ENDP-2");
    await makeOpenSpace(url());
    await using peer = await newPeer(url());
    await peer.link.start();
    await peer.link.reconnect();
    expect(peer.announcer.health()).toEqual({ kind: "ok" });
    expect(peer.faults).toEqual([]);
  });
});
