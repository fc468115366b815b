import type { AclRecord, Lookup, MemberRecord } from "@cotal/registries";
import type { Entry } from "@cotal/session";
import {
  asChannel,
  asChannelPattern,
  asOwnerId,
  asToken,
  type Channel,
  formatSubject,
  type OwnerId,
  type Token,
} from "@cotal/subjects";
import { composeMessage, type Draft, generateSeed, keyPairFromSeed, signBurst } from "@cotal/wire";
import { headers as emptyHeaders, type MsgHdrs } from "@nats-io/nats-core";
import fc from "fast-check";
import type { Ingest } from "../../src/core/copy.ts";
import type { Due } from "../../src/core/route.ts";

export const space: Token = asToken("space", "main");
export const ingest: Ingest = { space, shard: 1, secret: asToken("secret", "s".repeat(22)) };
export const backend: Channel = asChannel("team.backend");
export const now = 1_700_000_000_000;

const keys = Array.from({ length: 6 }, () => keyPairFromSeed(generateSeed("user")));
/** In the order of their ids. */
export const owners: readonly OwnerId[] = keys.map(({ publicKey }) => asOwnerId(publicKey)).sort();
export const [ada, bob, eve] = owners as [OwnerId, OwnerId, OwnerId, ...OwnerId[]];

export const anyOwner: fc.Arbitrary<OwnerId> = fc.constantFrom(...owners);
export const anySeq: fc.Arbitrary<number> = fc.integer({ min: 1, max: 12 });
export const anyDue: fc.Arbitrary<Due> = fc.oneof(
  fc.record({
    owner: anyOwner,
    reason: fc.constant("member" as const),
    generation: fc.integer({ min: 1, max: 3 }),
  }),
  fc.record({ owner: anyOwner, reason: fc.constant("mention" as const), generation: fc.constant(0) }),
);
export const anyMember: fc.Arbitrary<MemberRecord> = fc
  .record({
    owner: anyOwner,
    joinCursor: fc.nat(10),
    leaveCursor: fc.option(fc.nat(12), { nil: undefined }),
    generation: fc.integer({ min: 1, max: 3 }),
  })
  .map(memberOf);

export function memberOf(fields: Partial<MemberRecord>): MemberRecord {
  const { leaveCursor } = fields;
  return {
    v: 1,
    channel: backend,
    owner: ada,
    state: leaveCursor === undefined ? "durable-active" : "left",
    joinCursor: 0,
    activated: true,
    generation: 1,
    writer: { holder: "h", epoch: 1 },
    updatedAt: now,
    ...fields,
  };
}

export function aclOf(patterns: readonly string[], fields: Partial<AclRecord> = {}): Lookup<AclRecord> {
  const allowSubscribe = patterns.map(asChannelPattern);
  const value = { v: 1, allowSubscribe, allowPublish: [], epoch: 1, updatedAt: now, ...fields } as const;
  return { kind: "found", key: ada, revision: 1, value };
}

/** What CHAT holds after these were sent in one burst. */
export function entriesOf(sender: OwnerId, drafts: readonly Draft[]): readonly Entry[] {
  const composed = drafts.map((draft) =>
    composeMessage(draft, { space, id: sender, name: "peer" }, { now, maxBytes: 1_000_000 }),
  );
  const key = keys.find(({ publicKey }) => publicKey === sender);
  if (!key) throw new Error("nobody has this id");
  const signatures = signBurst(key, { signedAt: now, items: composed });
  return composed.map(({ subject, bytes, headers }, at) =>
    entryOf({ subject, data: bytes, seq: at + 1, headers: headersOf({ ...headers, ...signatures[at] }) }),
  );
}

export function entryOf(fields: Partial<Entry>): Entry {
  return {
    subject: formatSubject({ kind: "chat", space, sender: ada, channel: backend }),
    headers: undefined,
    data: new Uint8Array(),
    seq: 1,
    delivery: 1,
    deliveries: 1,
    storedAt: now,
    pending: 0,
    ackSubject: "",
    ...fields,
  };
}

export function headersOf(fields: Readonly<Record<string, string>>): MsgHdrs {
  const set = emptyHeaders();
  for (const [name, value] of Object.entries(fields)) set.append(name, value);
  return set;
}
