import { verifies } from "@cotal/requirements";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  apiRoot,
  asChannel,
  asOwnerId,
  asToken,
  bucketName,
  bucketSubjects,
  type Channel,
  consumerName,
  deadSubjects,
  inboxPrefix,
  ingestKeySubject,
  isToken,
  keySubject,
  type OwnerId,
  registryKey,
  registryNames,
  serviceName,
  streamApi,
  streamName,
  systemSubject,
  type Token,
  watchedKeys,
} from "../src/index.ts";
import { anyChannel, anyOwner } from "./arbitraries.ts";
import { refusalOf } from "./refusal.ts";

const space = asToken("space", "acme");
const id = asOwnerId(`UA${"B".repeat(54)}`);

/** Spaces and roles that look like parts of other names. */
const trickyToken = fc
  .constantFrom(
    "a",
    "a_0",
    "a_0_1",
    "0",
    "_",
    "-",
    "members_a",
    "hip_a",
    "membership",
    "cotal_acl_a",
    "CHAT_a",
    "svc_a",
    "delivery-0",
    "__proto__",
  )
  .map((text) => asToken("space", text));
const anyShard = fc.constantFrom(0, 1, 10, 1023);

test("resources have the names of the contract", () => {
  verifies("SUBJ-19");
  expect([
    streamName.chat(space),
    streamName.dm(space),
    streamName.task(space),
    streamName.delivery(space, 3),
    streamName.dead(space),
    streamName.registry(space, "acl"),
    bucketName(space, "members"),
    bucketSubjects(space, "presence"),
    deadSubjects(space),
    keySubject(space, "members", registryKey.member(id, asChannel("team.backend"))),
    keySubject(space, "channels", registryKey.defaults),
    consumerName.dm(id),
    consumerName.role(asToken("role", "review")),
    consumerName.delivery(id),
    consumerName.history(id),
    consumerName.backfill(id),
    consumerName.watch(id),
    consumerName.sent(id),
    consumerName.tap(id),
    consumerName.route(id),
    serviceName.delivery(0),
    serviceName.deliveryAdmin(1),
    registryKey.deliveryLease(2),
    registryKey.beat(id),
    inboxPrefix(id),
  ]).toEqual([
    "CHAT_acme",
    "DM_acme",
    "TASK_acme",
    "DLV_acme_3",
    "DEAD_acme",
    "KV_cotal_acl_acme",
    "cotal_members_acme",
    "$KV.cotal_presence_acme.>",
    "cotal.acme.dead.>",
    `$KV.cotal_members_acme.${id}.team.backend`,
    "$KV.cotal_channels_acme.=defaults",
    `dm_${id}`,
    "svc_review",
    `dlv_${id}`,
    `hist_${id}`,
    `hist2_${id}`,
    `w_${id}`,
    `sent_${id}`,
    `tap_${id}`,
    `route_${id}`,
    "delivery-0",
    "delivery-admin-1",
    "delivery.2",
    `beat.${id}`,
    `_INBOX_${id}`,
  ]);
});

test("rights name streams, consumers, keys and system requests in the broker's forms", () => {
  verifies("SUBJ-24");
  const account = `A${"B".repeat(55)}`;
  const place = { stream: streamName.dm(space), consumer: consumerName.dm(id) };
  const key = keySubject(space, "acl", id);
  expect([
    streamApi.accountInfo(apiRoot.open),
    streamApi.stream(apiRoot.admin("*"), "INFO", streamName.chat(space)),
    streamApi.next(place),
    streamApi.consumer(apiRoot.peers, "INFO", { ...place, stream: "*" }),
    streamApi.createConsumer(apiRoot.admin(asToken("secret", "s3")), place, watchedKeys(space, "acl")),
    streamApi.ack(place),
    watchedKeys(space, "presence"),
    ingestKeySubject("*", key),
    ingestKeySubject(asToken("secret", "s3"), key),
    systemSubject.updateClaims,
    systemSubject.lookUpClaims(account),
    systemSubject.connections(account),
    systemSubject.connected(account),
    systemSubject.disconnected(account),
    systemSubject.kick("*"),
  ]).toEqual([
    "$JS.API.INFO",
    "adm.*.STREAM.INFO.CHAT_acme",
    `$JS.API.CONSUMER.MSG.NEXT.DM_acme.dm_${id}`,
    `js.CONSUMER.INFO.*.dm_${id}`,
    `adm.s3.CONSUMER.CREATE.DM_acme.dm_${id}.$KV.cotal_acl_acme.>`,
    `$JS.ACK.DM_acme.dm_${id}.>`,
    "$KV.cotal_presence_acme.*",
    `in.*.$KV.cotal_acl_acme.${id}`,
    `in.s3.$KV.cotal_acl_acme.${id}`,
    "$SYS.REQ.CLAIMS.UPDATE",
    `$SYS.REQ.ACCOUNT.${account}.CLAIMS.LOOKUP`,
    `$SYS.REQ.ACCOUNT.${account}.CONNZ`,
    `$SYS.ACCOUNT.${account}.CONNECT`,
    `$SYS.ACCOUNT.${account}.DISCONNECT`,
    "$SYS.REQ.SERVER.*.KICK",
  ]);
  expect(refusalOf(() => systemSubject.connections("*")).code).toBe("bad-key");
  for (const bad of [">", "a.b", "", "a*", "a b"]) {
    expect(refusalOf(() => streamApi.ack({ ...place, consumer: bad })).code).toBe("bad-token");
    expect(refusalOf(() => streamApi.stream(apiRoot.peers, "INFO", bad)).code).toBe("bad-token");
    expect(refusalOf(() => systemSubject.kick(bad)).code).toBe("bad-key");
    expect(refusalOf(() => systemSubject.connections(bad)).code).toBe("bad-key");
    expect(refusalOf(() => ingestKeySubject(bad as Token, key)).code).toBe("bad-token");
    expect(refusalOf(() => apiRoot.admin(bad as Token)).code).toBe("bad-token");
  }
});

describe("two different resources", () => {
  const streams = fc.oneof(
    fc.record({
      what: fc.constantFrom("chat" as const, "dm" as const, "task" as const, "dead" as const),
      of: trickyToken,
    }),
    fc.record({ what: fc.constant("delivery" as const), of: trickyToken, shard: anyShard }),
    fc.record({
      what: fc.constant("registry" as const),
      of: trickyToken,
      registry: fc.constantFrom(...registryNames),
    }),
  );

  test("never share a stream name", () => {
    verifies("SUBJ-19", "SUBJ-20");
    distinct(streams, (stream) => {
      if (stream.what === "delivery") return streamName.delivery(stream.of, stream.shard);
      if (stream.what === "registry") return streamName.registry(stream.of, stream.registry);
      return streamName[stream.what](stream.of);
    });
  });

  test("never share a consumer name", () => {
    verifies("SUBJ-19", "SUBJ-20");
    const personal = ["dm", "delivery", "history", "backfill", "watch", "sent", "tap", "route"] as const;
    const consumers = fc.oneof(
      fc.record({ what: fc.constantFrom(...personal), of: anyOwner }),
      fc.record({ what: fc.constant("role" as const), of: trickyToken }),
    );
    distinct(consumers, (consumer) => {
      return consumer.what === "role"
        ? consumerName.role(consumer.of)
        : consumerName[consumer.what](consumer.of);
    });
  });

  test("never share a key", () => {
    verifies("SUBJ-19");
    const keys = fc.oneof(
      fc.record({
        what: fc.constantFrom(
          "space" as const,
          "defaults" as const,
          "feed" as const,
          "managerLease" as const,
        ),
      }),
      fc.record({ what: fc.constant("deliveryLease" as const), shard: anyShard }),
      fc.record({ what: fc.constant("beat" as const), owner: anyOwner }),
      fc.record({ what: fc.constant("member" as const), owner: anyOwner, channel: anyChannel }),
    );
    distinct(keys, (key) => {
      if (key.what === "deliveryLease") return registryKey.deliveryLease(key.shard);
      if (key.what === "beat") return registryKey.beat(key.owner);
      if (key.what === "member") return registryKey.member(key.owner, key.channel);
      return registryKey[key.what];
    });
  });

  test("never share a service", () => {
    expect(
      new Set([
        serviceName.self,
        serviceName.manager,
        serviceName.admin,
        serviceName.delivery(0),
        serviceName.deliveryAdmin(0),
      ]).size,
    ).toBe(5);
    for (const service of [serviceName.self, serviceName.manager, serviceName.admin])
      expect(isToken(service)).toBe(true);
  });
});

describe("a name that would hold a wildcard, a dot or white space", () => {
  const bad = ["*", ">", "a.b", "a b", "", "a*", "é", "a\n", "x".repeat(65)];

  test.each(bad)("is refused: %j", (text) => {
    verifies("SUBJ-20", "SUBJ-5");
    const name = text as Token & OwnerId & Channel;
    for (const make of Object.values(streamName))
      expect(refusalOf(() => make(name, 0 as never)).code).toBe("bad-token");
    for (const registry of registryNames)
      expect(refusalOf(() => bucketName(name, registry)).code).toBe("bad-token");
    for (const make of Object.values(consumerName))
      expect(refusalOf(() => make(name)).code).toMatch(/^bad-(token|owner)$/);
    expect(refusalOf(() => inboxPrefix(name)).code).toBe("bad-owner");
    expect(refusalOf(() => registryKey.beat(name)).code).toBe("bad-owner");
    expect(refusalOf(() => registryKey.member(name, asChannel("a"))).code).toBe("bad-owner");
  });

  test.each(["*", ">", "a.*", "a.>", "", ".a", "a.", "a..b", "a b", "a\n", "é"])(
    "is no key of a bucket: %j",
    (key) => {
      verifies("SUBJ-20");
      expect(refusalOf(() => keySubject(space, "acl", key)).code).toBe("bad-registry-key");
    },
  );

  test.each([-1, 1024, 0.5, Number.NaN])("is no shard: %d", (shard) => {
    for (const make of [registryKey.deliveryLease, serviceName.delivery, serviceName.deliveryAdmin]) {
      expect(refusalOf(() => make(shard)).code).toBe("bad-number");
    }
    expect(refusalOf(() => streamName.delivery(space, shard)).code).toBe("bad-number");
  });
});

/** Any two things drawn from `things` have one name only when they are equal. */
function distinct<Thing>(things: fc.Arbitrary<Thing>, nameOf: (thing: Thing) => string): void {
  const known = new Map<string, Thing>();
  fc.assert(
    fc.property(things, (thing) => {
      const name = nameOf(thing);
      expect(name).not.toMatch(/[*>\s]/);
      expect(known.get(name) ?? thing).toEqual(thing);
      known.set(name, thing);
    }),
    { numRuns: 5000 },
  );
  expect(known.size).toBeGreaterThan(100);
}
