export { compileAllow } from "./allow.ts";
export {
  asChannel,
  asChannelPattern,
  type Channel,
  type ChannelPattern,
  isChannel,
  isChannelPattern,
  maxChannelLength,
  maxChannelSegments,
} from "./channel.ts";
export { CotalError, type ErrorCode, type ErrorDetails, errorCodes } from "./error.ts";
export { formatPattern, formatSubject } from "./format-subject.ts";
export { channelInAllow, collapsePatterns, patternCovers, subjectMatches } from "./match.ts";
export { normaliseMentions } from "./mentions.ts";
export { parseSubject } from "./parse-subject.ts";
export { partition } from "./partition.ts";
export {
  bucketName,
  bucketSubjects,
  consumerName,
  deadSubject,
  deadSubjects,
  inboxPrefix,
  ingestKeySubject,
  keySubject,
  type RegistryName,
  registryKey,
  registryNames,
  serviceName,
  streamName,
  watchedKeys,
} from "./resources.ts";
export { maxShards } from "./shard.ts";
export { apiRoot, type ConsumerPlace, type ConsumerVerb, type StreamVerb, streamApi } from "./stream-api.ts";
export {
  type DirectLane,
  directLane,
  type StoredSubject,
  type Subject,
  type SubjectPattern,
} from "./subject.ts";
export { systemSubject } from "./system-subject.ts";
export {
  asOwnerId,
  asToken,
  isOwnerId,
  isToken,
  maxTokenLength,
  type OwnerId,
  quoted,
  type Token,
  type TokenUse,
  token,
} from "./token.ts";
