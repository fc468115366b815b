export {
  type CertificateFiles,
  createAuthority,
  type IssuedCertificate,
  type IssueOptions,
  type TestAuthority,
  writeCertificate,
} from "./certificates.ts";
export {
  type Exchange,
  expectNoDuplicate,
  expectNoLeakAcrossOwners,
  expectNoLoss,
  expectOrder,
  type OwedExchange,
  type ReceivedRecord,
  type SentRecord,
} from "./checkers.ts";
export { type EventuallyOptions, eventually } from "./eventually.ts";
export {
  type ArmedFault,
  createFaultPoints,
  type FaultAction,
  type TestFaultPoints,
} from "./fault-points.ts";
export { type FaultProxy, type FaultProxyOptions, startFaultProxy } from "./fault-proxy.ts";
export { type GuardedFolder, guardedFolder } from "./guard.ts";
export { type LeakCheck, type LeakCheckOptions, leakCheck } from "./leak-check.ts";
export { type LinkUse, openLink, withSession } from "./link.ts";
export { calm, createMemoryBroker, type MemoryBroker, type Weather } from "./memory-broker/memory-broker.ts";
export type { Connz, Jsz } from "./monitor.ts";
export { provisionAgent, provisionAgents } from "./provision.ts";
export { type Attempt, may } from "./rights-model.ts";
export { type SpaceBroker, startSpaceBroker } from "./space-broker.ts";
export { allTargets, ids, ownAccount, subjectOf, type Target } from "./target.ts";
export { startTestBroker, type TestBroker, type TestBrokerOptions, withBroker } from "./test-broker.ts";
