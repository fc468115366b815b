import { asChannel, type Channel } from "./channel.ts";
import { CotalError } from "./error.ts";
import { shardToken } from "./shard.ts";
import { asOwnerId, asToken, type OwnerId, quoted, type Token } from "./token.ts";

/** The key-value registries of a space. */
export const registryNames = [
  "space",
  "channels",
  "members",
  "acl",
  "directory",
  "lease",
  "presence",
  "membership",
] as const;
export type RegistryName = (typeof registryNames)[number];

/** Streams, by what they hold. */
export const streamName = {
  chat: (space: Token): string => `CHAT_${asToken("space", space)}`,
  dm: (space: Token): string => `DM_${asToken("space", space)}`,
  task: (space: Token): string => `TASK_${asToken("space", space)}`,
  delivery: (space: Token, shard: number): string => `DLV_${asToken("space", space)}_${shardToken(shard)}`,
  dead: (space: Token): string => `DEAD_${asToken("space", space)}`,
  registry: (space: Token, registry: RegistryName): string => `KV_${bucketName(space, registry)}`,
} as const;

export function bucketName(space: Token, registry: RegistryName): string {
  return `cotal_${registry}_${asToken("space", space)}`;
}

/** The subject under which a bucket keeps a key. One key: a wildcard is refused. */
export function keySubject(space: Token, registry: RegistryName, key: string): string {
  if (!/^[\w=-]+(\.[\w=-]+)*$/.test(key)) {
    throw new CotalError("bad-registry-key", `${quoted(key)} is not a key of the registry ${registry}`, {
      hint: "make keys with registryKey",
    });
  }
  return `$KV.${bucketName(space, registry)}.${key}`;
}

/** All keys that are watched in a registry, as the filter of a consumer: of presence the records, not the beats. */
export function watchedKeys(space: Token, registry: RegistryName): string {
  return `$KV.${bucketName(space, registry)}.${registry === "presence" ? "*" : ">"}`;
}

/** Whatever a bucket keeps, as its stream names it. */
export function bucketSubjects(space: Token, registry: RegistryName): string {
  return `$KV.${bucketName(space, registry)}.>`;
}

/** What can never be delivered, as its stream names it. */
export function deadSubjects(space: Token): string {
  return `cotal.${asToken("space", space)}.dead.>`;
}

/** Where one of them stands, or those of one owner: whoever could not handle it. */
export function deadSubject(space: Token, owner: OwnerId | "*", letter: Token | "*"): string {
  const whose = owner === "*" ? owner : asOwnerId(owner);
  const which = letter === "*" ? letter : asToken("letter", letter);
  return `cotal.${asToken("space", space)}.dead.${whose}.${which}`;
}

/**
 * Through which a registry takes the write of a key: only who knows the secret can make the broker
 * store anything there. In a right the secret is `*`, because rights can be read by others.
 */
export function ingestKeySubject(secret: Token | "*", subject: string): string {
  return `in.${secret === "*" ? secret : asToken("secret", secret)}.${subject}`;
}

/** Consumers, by what they serve. Their names are granted exactly, so each has one form only. */
export const consumerName = {
  dm: (id: OwnerId): string => `dm_${asOwnerId(id)}`,
  role: (role: Token): string => `svc_${asToken("role", role)}`,
  delivery: (id: OwnerId): string => `dlv_${asOwnerId(id)}`,
  history: (id: OwnerId): string => `hist_${asOwnerId(id)}`,
  backfill: (id: OwnerId): string => `hist2_${asOwnerId(id)}`,
  watch: (id: OwnerId): string => `w_${asOwnerId(id)}`,
  /** Of a program that looks at the registries beside the one that is the peer. */
  watchBeside: (id: OwnerId): string => `w2_${asOwnerId(id)}`,
  sent: (id: OwnerId): string => `sent_${asOwnerId(id)}`,
  /** Of an administrator who reads along on direct messages. */
  tap: (id: OwnerId): string => `tap_${asOwnerId(id)}`,
  /** Of a delivery daemon that reads posts. */
  route: (id: OwnerId): string => `route_${asOwnerId(id)}`,
} as const;

/** Keys inside the registries. */
export const registryKey = {
  space: "space",
  defaults: "=defaults",
  feed: "=feed",
  managerLease: "manager",
  deliveryLease: (shard: number): string => `delivery.${shardToken(shard)}`,
  /** Where a delivery daemon says that it waits for a lead. */
  standby: (id: OwnerId): string => `standby.${asOwnerId(id)}`,
  member: (owner: OwnerId, channel: Channel): string => `${asOwnerId(owner)}.${asChannel(channel)}`,
  beat: (id: OwnerId): string => `beat.${asOwnerId(id)}`,
} as const;

/** Control services. */
export const serviceName = {
  delivery: (shard: number): Token => asToken("service", `delivery-${shardToken(shard)}`),
  deliveryAdmin: (shard: number): Token => asToken("service", `delivery-admin-${shardToken(shard)}`),
  self: "self" as Token,
  manager: "manager" as Token,
  admin: "admin" as Token,
} as const;

/** The inbox prefix of one peer; nobody else may subscribe below it. */
export function inboxPrefix(id: OwnerId): string {
  return `_INBOX_${asOwnerId(id)}`;
}
