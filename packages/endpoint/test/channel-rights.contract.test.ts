import { writeFile } from "node:fs/promises";
import { eventually, openLink, startSpaceBroker, startTestBroker, withSession } from "@cotal/harness";
import { setUpSpace } from "@cotal/registries";
import { verifies } from "@cotal/requirements";
import { credentialOf } from "@cotal/session";
import { asChannel, asChannelPattern, type ChannelPattern, inboxPrefix, type OwnerId } from "@cotal/subjects";
import { ingestSecret, type Minted } from "@cotal/trust";
import { parseCredential } from "@cotal/wire";
import { describe, expect, test } from "vitest";
import {
  channelPeer,
  idsOf,
  makeChat,
  post,
  startChannelPeer,
  startFakeDelivery,
  testViews,
} from "./support-channels.ts";
import { codeOf } from "./support-presence.ts";
import { bob, fakeCore, space } from "./support-receiving.ts";

/** What makes the parts those of the holder of a credential. */
function holderOf(minted: Minted) {
  const user = parseCredential(minted.creds.reveal());
  const { self } = fakeCore().core;
  const core = { self: { ...self, id: user.id, card: { ...self.card, id: user.id } } };
  return { core, credentials: () => credentialOf(user) };
}

describe("with the rights of an agent", () => {
  test("what is granted is joined and read back, and what is not is refused with a code", async () => {
    verifies("ENDP-39", "ENDP-60");
    await using fixture = await startSpaceBroker();
    const { broker } = fixture;
    const setup = fixture.mint({ profile: "setup", name: "setup" });
    const spec = {
      space,
      shards: 2,
      mode: "auth",
      storageBytes: 64 * 1024 ** 2,
      ingest: (resource: string) => ingestSecret(fixture.space, resource),
    } as const;
    await withSession(
      broker.url,
      (session) => setUpSpace(session, { spec, id: setup.id, version: "0.0.0" }),
      { as: setup },
    );
    const writer = fixture.mint({ name: "writer", allowPublish: ["general", "team.>", "secret"] });
    const connection = await fixture.connect(writer);
    for (const channel of ["general", "team.a", "secret"]) {
      await post({ connection }, { channel, id: channel }, writer.id as OwnerId);
    }
    const minted = fixture.mint({ name: "bob", allowSubscribe: ["general", "team.>"] });
    await using peer = await startChannelPeer(broker.url, holderOf(minted));
    peer.listen();
    for (const channel of ["general", "team.>", "team.a"]) {
      expect((await peer.channels.join(channel)).backfill).toEqual({ count: 1, error: undefined });
    }
    await eventually(() => expect(idsOf(peer)).toEqual(["general", "team.a"]));
    const subscriptions = async (): Promise<number> =>
      (await broker.connz()).connections.find(({ name }) => name === "bob")?.subscriptions ?? 0;
    const before = await subscriptions();
    for (const channel of ["secret", ">", "*", "team"]) {
      expect(await codeOf(peer.channels.join(channel)), channel).toBe("not-allowed");
      expect(await codeOf(peer.history(channel)), channel).toBe("not-allowed");
    }
    expect(await codeOf(peer.recall("secret", 0))).toBe("not-allowed");
    expect((await peer.recall("general", 0)).messages).toHaveLength(1);
    expect((await peer.history("team.*")).map(({ channel }) => channel)).toEqual(["team.a"]);
    expect([peer.channels.joined(), peer.channels.states().length]).toEqual([
      ["general", "team.>", "team.a"],
      3,
    ]);
    expect(await subscriptions()).toBe(before);
    expect(peer.faults).toEqual([]);
    await connection.close();
  });
});

/** Users whose rights the broker reads anew. */
function rightsOf(bobReads: readonly ChannelPattern[]): string {
  const reads = bobReads.map((channel) => `"cotal.${space}.chat.*.${channel}"`);
  const allow = [`"${inboxPrefix(bob)}.>"`, `"cotal.${space}.ctl.*.${bob}.reply.*"`, ...reads].join(", ");
  return `authorization { users = [
    { user: admin, password: admin },
    { user: bob, password: bob, permissions: { publish: ">", subscribe: { allow: [${allow}] } } }
  ] }`;
}

describe("when rights are narrowed", () => {
  const general = asChannel("general");
  const all = asChannelPattern(">");
  const login = (user: string) => () => ({ mark: user, options: { user, pass: user } });

  test("under a running subscription, the channel is not joined any more, and its membership is ended", async () => {
    verifies("ENDP-34", "ENDP-49", "ENDP-50");
    await using broker = await startTestBroker({ extraConfig: rightsOf([all]) });
    await using admin = openLink(broker.url, { credentials: login("admin") });
    await makeChat(await admin.start());
    const delivery = await startFakeDelivery(broker.url, bob, login("admin"));
    const views = testViews({ backstop: true });
    const boot = [asChannel("kept"), general];
    await using peer = channelPeer(broker.url, { views, boot, credentials: login("bob") });
    await peer.link.start();
    await eventually(() => expect(delivery.rows.get("general")?.open).toBe(true));
    await delivery.stop();
    await writeFile(`${broker.folder}/extra.conf`, rightsOf([boot[0] ?? all]));
    await broker.reload();
    await eventually(() => expect(peer.channels.joined()).toEqual(["kept"]));
    const refused = peer.events.find(({ kind }) => kind === "refused");
    expect(refused).toMatchObject({ channel: "general", error: { code: "not-allowed" } });
    await eventually(() =>
      expect(peer.channels.states()).toEqual([
        expect.objectContaining({ channel: "kept", durable: "held", live: true }),
        expect.objectContaining({ channel: "general", durable: "closing", live: false }),
      ]),
    );
    await using again = await startFakeDelivery(broker.url, bob, login("admin"));
    again.put("general", { generation: 1, since: 0, open: true });
    await eventually(() => expect(again.rows.get("general")?.open).toBe(false));
    await eventually(() => expect(peer.channels.states().map(({ channel }) => channel)).toEqual(["kept"]));
  });

  test("while the connection was lost, the next one refuses the channel and keeps the others", async () => {
    verifies("ENDP-34", "ENDP-49");
    await using broker = await startTestBroker({ extraConfig: rightsOf([all]) });
    const boot = [asChannel("kept"), general];
    await using admin = openLink(broker.url, { credentials: login("admin") });
    await makeChat(await admin.start());
    await using peer = channelPeer(broker.url, { boot, credentials: login("bob") });
    await peer.link.start();
    expect(peer.channels.joined()).toEqual(boot);
    await broker.kill();
    await writeFile(`${broker.folder}/extra.conf`, rightsOf([boot[0] ?? all]));
    await broker.restart();
    await eventually(() => expect(peer.events.map(({ kind }) => kind)).toContain("refused"));
    await eventually(() =>
      expect(peer.channels.states()).toEqual([expect.objectContaining({ channel: "kept", live: true })]),
    );
  });
});
