export { AgentCard, type Skill } from "./agent-card.ts";
export { type AttentionVerdict, attentionVerdict, type Interruption } from "./attention.ts";
export { type ConnectAnswer, type ConnectAuthenticator, connectAuthenticator } from "./authenticator.ts";
export {
  ChannelConfig,
  type DeliveryClass,
  type EffectiveChannelConfig,
  effectiveChannelConfig,
} from "./channel-config.ts";
export {
  bodyLimit,
  type ComposedMessage,
  type ComposeOptions,
  composeMessage,
  type Draft,
  type Sender,
} from "./compose-message.ts";
export { type ControlFailure, ControlReply, ControlRequest } from "./control.ts";
export { type Credential, formatCredential, parseCredential } from "./credential.ts";
export { GapMarker } from "./gap-marker.ts";
export { namePattern } from "./grammar.ts";
export { header, type WireHeaders } from "./headers.ts";
export {
  formatJoinLink,
  type JoinLink,
  type LinkAuth,
  type LinkServer,
  parseJoinLink,
  serverUrl,
} from "./join-link.ts";
export { maxJsonDepth, maxJsonTokens } from "./json-scan.ts";
export { generateSeed, type KeyPair, keyPairFromSeed, publicFromSeed, verifySignature } from "./key-pair.ts";
export { Message, PeerRef } from "./message.ts";
export { asMessageId, dedupeId, freshId } from "./message-id.ts";
export {
  decodePublicNkey,
  decodeSeed,
  encodePublicNkey,
  encodeSeed,
  type NkeyContent,
  type NkeyKind,
} from "./nkey.ts";
export { type DataPart, type ExtensionPart, Part, type TextPart } from "./part.ts";
export type { Policy } from "./policy.ts";
export { type Attention, type ChannelMode, Presence, type Status } from "./presence.ts";
export { PresenceDigest } from "./presence-digest.ts";
export { protocolVersion } from "./protocol-version.ts";
export {
  type RecordRead,
  type RecordReader,
  readChannelConfig,
  readControlReply,
  readControlRequest,
  readPresence,
  readPresenceDigest,
  recordReader,
} from "./read-record.ts";
export { createReplayGuard, type ReplayGuard, type Seen } from "./replay-guard.ts";
export {
  type DirectoryEntry,
  type Resolution,
  type ResolvedPeer,
  type RosterEntry,
  resolvePeer,
} from "./resolve-peer.ts";
export type { Route, ServiceRoute } from "./route.ts";
export { maxBurst, type Outgoing, signBurst } from "./sign-burst.ts";
export {
  createSignatureVerifier,
  freshnessWindowMs,
  type SignatureVerdict,
  type SignatureVerifier,
  type SignatureVerifierOptions,
  type SignedEntry,
} from "./signature-verifier.ts";
export { createSigner, type Signer } from "./signer.ts";
export {
  type Accepted,
  type AddressingKind,
  type CopyFacts,
  type GapVerdict,
  type Rejection,
  type RejectReason,
  rejectReasons,
  type Verdict,
} from "./verdict.ts";
export { type Delivery, verifyDelivery } from "./verify-delivery.ts";
export { isBoundReply, type RequestDelivery, type RequestVerdict, verifyRequest } from "./verify-request.ts";
