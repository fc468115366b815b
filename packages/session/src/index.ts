export { onAbort } from "./abort.ts";
export type { DialTls } from "./address.ts";
export { type BatchMessage, type BatchOutcome, maxBatch, writeBatch } from "./batch.ts";
export { type BrokerClock, createBrokerClock } from "./broker-clock.ts";
export { brokerError } from "./broker-errors.ts";
export { type Call, call } from "./call.ts";
export { type Clock, sleep, systemClock, withDeadline } from "./clock.ts";
export { watchClock } from "./clock-watch.ts";
export { credentialFile, readCredentialFile } from "./credential-file.ts";
export type { Denial, Denials } from "./denials.ts";
export { type Credential, type CredentialSource, type DialOptions, noCredential } from "./dial.ts";
export type { Entry } from "./entry.ts";
export { type FaultPoints, noFaultPoints } from "./fault-points.ts";
export { flush } from "./flush.ts";
export type { Disposition } from "./hand.ts";
export { createInTurn, type InTurn } from "./in-turn.ts";
export {
  type ConsumerInfo,
  type ConsumerSpec,
  consumerInfo,
  createConsumer,
  createNewConsumer,
  deleteConsumer,
  requestApi,
  resetConsumer,
} from "./js-api.ts";
export { createKeyedTurns, type KeyedTurns } from "./keyed-turns.ts";
export { createLink, type Link, type LinkOptions } from "./link.ts";
export type { LinkFailure, LinkState } from "./link-state.ts";
export { errorFields, type Log, type LogEntry, type LogLevel, silentLog } from "./log.ts";
export { type PageOptions, readPage } from "./page.ts";
export { type Probe, type ProbeFailure, type ProbeOptions, probeBroker } from "./probe.ts";
export { type Pull, type PullOptions, pull } from "./pull.ts";
export { type PumpOptions, type PumpState, pump } from "./pump.ts";
export { readHeaders } from "./read-headers.ts";
export { createResponder, type Operation, type Responder, type ResponderOptions } from "./responder.ts";
export { backoffMs, type RetryOptions, type RetryPolicy, retry } from "./retry.ts";
export { createScope, type Release, type Scope, ScopeEnded, type ScopeOptions } from "./scope.ts";
export type { Capability, Health, Session, Surroundings } from "./session.ts";
export { type Stored, type StoreOptions, store } from "./store.ts";
export { type SubscribeOptions, subscribe } from "./subscribe.ts";
export { type TailConsumer, type TailOptions, tail } from "./tail.ts";
export { credentialOf } from "./user-credential.ts";
export type { EntryHandler } from "./workers.ts";
