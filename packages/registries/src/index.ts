export {
  type Narrowed,
  narrowAcl,
  type Provisioned,
  type ProvisionOptions,
  provisionAcl,
  type Retired,
  retireAcl,
  type Settled,
  type Unknown,
  type Widened,
  widenAcl,
} from "./access.ts";
export { type AclRecord, aclRegistry, maxAclPatterns, type Rights } from "./acl.ts";
export type { CasRegistry, Expected, WaitOptions, WriteOutcome } from "./cas-registry.ts";
export { type ChangeOptions, change, type Decision } from "./change.ts";
export { channelsRegistry } from "./channels.ts";
export type { RegistryDefinition } from "./definition.ts";
export { describeSpace, type StreamReport } from "./describe-space.ts";
export { type DirectoryRecord, directoryRegistry } from "./directory.ts";
export {
  type Entered,
  type EntryVerdict,
  enterDirectory,
  judgeEntry,
  retireEntry,
} from "./directory-entry.ts";
export type { Drift, StreamUse } from "./drift.ts";
export { ensureSpace, type SpaceSpec, type StreamOutcome } from "./ensure-space.ts";
export type { IngestSecrets } from "./ingest.ts";
export {
  type Acquired,
  type Acquisition,
  acquireLease,
  type HeldLease,
  type Kept,
  type LostLease,
  readyLease,
  releaseLease,
  renewLease,
} from "./lease.ts";
export { type LeaseRecord, leaseRegistry } from "./lease-record.ts";
export { type LeaseSight, type LeaseStanding, leaseStaleMs, observeLease } from "./lease-state.ts";
export { type Absent, type Found, known, type Lookup, type Undecodable, type Unread } from "./lookup.ts";
export { isDue, type MemberRecord, membersRegistry } from "./members.ts";
export {
  type Activated,
  type Activation,
  activateMember,
  type Commit,
  commitMember,
  forgetMember,
  type MemberPlace,
  nextGeneration,
  type Tombstone,
  type Tombstoned,
  tombstoneMember,
} from "./membership.ts";
export { type FeedRecord, membershipFeedRegistry } from "./membership-feed.ts";
export { casRegistry, type OpenOptions, openRegistry, type RegistryParts } from "./open-registry.ts";
export { beatTtlMs, presenceRegistry } from "./presence.ts";
export { type PeerOffice, type PeerOrder, provisionPeer, retirePeer } from "./provision-peer.ts";
export { ensureQueue, type QueueConsumer, queueAckWaitMs, queueConsumer } from "./queue-consumers.ts";
export {
  createRegistryView,
  type RegistryView,
  type ViewOptions,
  type ViewState,
} from "./registry-view.ts";
export { createRegistryWriter, type RegistryWriter, type WriterOptions } from "./registry-writer.ts";
export { type SpaceOrder, type SpaceSetUp, setUpSpace } from "./set-up-space.ts";
export { type SpaceFacts, type SpaceRecord, spaceRegistry, writeSpaceRecord } from "./space-record.ts";
export { type SpaceLayout, spaceTable } from "./space-table.ts";
export type { StreamConfig, StreamSpec } from "./stream-spec.ts";
