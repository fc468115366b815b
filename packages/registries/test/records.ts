import { asChannel, asChannelPattern, type OwnerId, registryKey } from "@cotal/subjects";
import { protocolVersion } from "@cotal/wire";
import { aclRegistry } from "../src/acl.ts";
import { channelsRegistry } from "../src/channels.ts";
import type { RegistryDefinition } from "../src/definition.ts";
import { directoryRegistry } from "../src/directory.ts";
import { leaseRegistry } from "../src/lease-record.ts";
import { type MemberRecord, membersRegistry } from "../src/members.ts";
import { membershipFeedRegistry } from "../src/membership-feed.ts";
import { presenceRegistry } from "../src/presence.ts";
import { spaceRegistry } from "../src/space-record.ts";
import { newId } from "./support.ts";

export const owner: OwnerId = newId();
export const channel = asChannel("team.backend");

export const member: MemberRecord = {
  v: 1,
  channel,
  owner,
  state: "durable-active",
  joinCursor: 10,
  activated: false,
  generation: 1,
  writer: { holder: "host-1", epoch: 3 },
  updatedAt: 1_700_000_000_000,
};

/** A registry with a key, a record for it, and another record. */
export interface Example {
  readonly definition: RegistryDefinition<unknown>;
  readonly key: string;
  readonly record: unknown;
  readonly other: unknown;
  /** Keys and records that it refuses. */
  readonly badKeys: readonly string[];
  readonly badRecords: readonly unknown[];
}

function example<T>(
  definition: RegistryDefinition<T>,
  own: { key: string; record: T; other: T; badKeys: string[]; badRecords: unknown[] },
): Example {
  return { ...own, definition: definition as unknown as RegistryDefinition<unknown> };
}

const space = {
  v: 1,
  mode: "auth",
  shards: 2,
  backstop: true,
  defaultClass: "durable",
  created: 1,
  version: "1.0.0",
} as const;
const acl = {
  v: 1,
  allowSubscribe: [asChannelPattern("team.>")],
  allowPublish: [],
  epoch: 1,
  updatedAt: 1,
} as const;
const entry = { v: 1, id: owner, name: "alice", kind: "agent" } as const;
const lease = { v: 1, holder: "host-1", epoch: 1, since: 1, ready: false, version: "1.0.0" } as const;
const card = { id: owner, name: "alice", kind: "agent", protocolVersion } as const;
const presence = { card, status: "idle", ts: 1 } as const;
const feed = { v: 1, observedAt: 1, live: [asChannelPattern("team.>")], durable: [channel] } as const;

export const examples: readonly Example[] = [
  example(spaceRegistry, {
    key: registryKey.space,
    record: space,
    other: { ...space, shards: 4 },
    badKeys: ["other", "space.x"],
    badRecords: [
      { ...space, mode: "closed" },
      { ...space, shards: 0 },
    ],
  }),
  example(channelsRegistry, {
    key: channel,
    record: { v: 1, replay: true },
    other: { v: 1, description: "talk" },
    badKeys: ["team.*", "=other", ""],
    badRecords: [{ v: 1, replay: "yes" }],
  }),
  example(membersRegistry, {
    key: registryKey.member(owner, channel),
    record: member,
    other: { ...member, activated: true },
    badKeys: [owner, `${owner}.`, `${owner}.team.*`, `x.${channel}`],
    badRecords: [
      { ...member, state: "left" },
      { ...member, leaveCursor: 12 },
      { ...member, channel: asChannel("team.frontend") },
      { ...member, owner: newId() },
      { ...member, joinCursor: -1 },
    ],
  }),
  example(aclRegistry, {
    key: owner,
    record: acl,
    other: { ...acl, epoch: 2, allowSubscribe: [] },
    badKeys: ["alice", `${owner}.x`],
    badRecords: [
      { ...acl, epoch: 0 },
      { ...acl, allowPublish: ["team.>.x"] },
      { ...acl, allowPublish: Array.from({ length: 200 }, (_, at) => `c${at}`) },
    ],
  }),
  example(directoryRegistry, {
    key: owner,
    record: entry,
    other: { ...entry, retired: true },
    badKeys: ["alice"],
    badRecords: [
      { ...entry, id: newId() },
      { ...entry, name: " alice" },
      { ...entry, role: "a.b" },
    ],
  }),
  example(leaseRegistry, {
    key: registryKey.deliveryLease(0),
    record: lease,
    other: { ...lease, ready: true },
    badKeys: ["delivery.x", "delivery", "boss"],
    badRecords: [
      { ...lease, holder: "" },
      { ...lease, epoch: 1.5 },
    ],
  }),
  example(presenceRegistry, {
    key: owner,
    record: presence,
    other: { ...presence, status: "working" },
    badKeys: [registryKey.beat(owner), "alice"],
    badRecords: [
      { ...presence, card: { ...card, id: newId() } },
      { ...presence, status: "bored" },
    ],
  }),
  example(membershipFeedRegistry, {
    key: owner,
    record: feed,
    other: { ...feed, durable: [] },
    badKeys: ["=other"],
    badRecords: [{ v: 1, observedAt: 1 }],
  }),
];
