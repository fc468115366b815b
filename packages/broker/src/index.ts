export { type AttachOptions, attachBroker } from "./attach.ts";
export type { Broker, BrokerExit } from "./broker.ts";
export {
  type BrokerConfig,
  type BrokerConfigOptions,
  type BrokerLimits,
  brokerFiles,
  laptopLimits,
  type Port,
  renderBrokerConfig,
  resolveBrokerConfig,
} from "./config.ts";
export { type Durability, describeDurability, type LocalDurability, laptopDurability } from "./durability.ts";
export { type BrokerBinary, inspectBroker } from "./executable.ts";
export type { ExitCause } from "./launch.ts";
export { type LocateOptions, locateBroker, shippedPackage } from "./locate.ts";
export type { OperatorMode } from "./operator-mode.ts";
export {
  isRunning,
  type ProcessFacts,
  type ProcessIdentity,
  type ProcessSignal,
  processFacts,
  signalProcess,
} from "./process-facts.ts";
export { type BrokerRecord, type BrokerState, readBrokerRecord } from "./record.ts";
export { type StartOptions, startBroker } from "./start.ts";
export { type StopOptions, type StopOutcome, stopBroker } from "./stop.ts";
export type { BrokerTls } from "./tls.ts";
export {
  compareVersions,
  type Exposure,
  isVersion,
  type KnownIssue,
  knownIssues,
  minimumVersion,
  type VersionReport,
  versionReport,
} from "./version.ts";
