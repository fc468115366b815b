import { eventually } from "@cotal/harness";
import { createRegistryWriter, type FeedRecord, membershipFeedRegistry } from "@cotal/registries";
import { verifies } from "@cotal/requirements";
import { type Session, store } from "@cotal/session";
import { asChannel, asChannelPattern, ingestKeySubject, keySubject, registryKey } from "@cotal/subjects";
import { expect, test } from "vitest";
import { createMembershipFeed } from "../src/membership-feed.ts";
import { authSpaceOfFile } from "./support-auth-space.ts";
import { newId, space, startPeer } from "./support-presence.ts";

const authSpace = authSpaceOfFile();
const asFeed = (run: (session: Session) => Promise<unknown>): Promise<unknown> =>
  authSpace().as({ profile: "feed", name: "feed" }, run);

test("the membership feed shows who is where and when the feed looked, and skips what it cannot read", async () => {
  verifies("ENDP-73");
  const { url, creds, secretOf } = authSpace();
  await using peer = await startPeer(url, {
    mode: "observer",
    auth: creds({ profile: "observer", name: "eye" }),
  });
  const feed = createMembershipFeed(peer.core, peer.views);
  expect(() => feed.membership()).toThrow("cannot be told now");
  await feed.attach(peer.core.session());
  expect(feed.membership()).toEqual({ members: [], skipped: 0 });
  let told = 0;
  const stop = feed.onMembership(() => told++);
  const secret = secretOf("membership");
  const id = newId();
  const row: FeedRecord = {
    v: 1,
    observedAt: 5,
    live: [asChannelPattern("team.>")],
    durable: [asChannel("lab")],
  };
  await asFeed(async (session) => {
    const writer = createRegistryWriter(membershipFeedRegistry, { space, secret });
    await writer.put(session, id, row);
    await writer.put(session, registryKey.feed, { v: 1, observedAt: 7 });
    const subject = ingestKeySubject(secret, keySubject(space, "membership", newId()));
    await store(session, { subject, data: "{}" });
  });
  await eventually(() =>
    expect(feed.membership()).toEqual({
      asOf: 7,
      members: [{ id, live: ["team.>"], durable: ["lab"], observedAt: 5 }],
      skipped: 1,
    }),
  );
  stop();
  expect(told).toBe(3);
  await peer.die();
  expect(feed.membership().members).toHaveLength(1);
});

test("an agent may not read the membership feed, and is told so when it asks", async () => {
  verifies("ENDP-73");
  const { url, creds } = authSpace();
  await using peer = await startPeer(url, { auth: creds({ profile: "agent", name: "ada" }) });
  const feed = createMembershipFeed(peer.core, peer.views);
  await feed.attach(peer.core.session());
  expect(() => feed.membership()).toThrow("does not allow this");
  expect(feed.health()).toMatchObject({ kind: "down", code: "not-allowed" });
  expect(peer.faults).toMatchObject([{ capability: "membership", error: { code: "not-allowed" } }]);
});
