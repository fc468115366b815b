import {
  asChannelPattern,
  type ChannelPattern,
  type ConsumerPlace,
  consumerName,
  formatPattern,
  inboxPrefix,
  ingestKeySubject,
  keySubject,
  type RegistryName,
  type StreamVerb,
  serviceName,
  streamApi,
  streamName,
  type Token,
  watchedKeys,
} from "@cotal/subjects";
import type { CheckedScope } from "./scope.ts";

/** For whom and where, and under which root the user asks the API of the streams. */
export interface GrantScope extends CheckedScope {
  readonly api: string;
}

/** What is allowed; nothing is ever denied. */
export interface Allowed {
  readonly pub?: readonly string[];
  readonly sub?: readonly string[];
}

/** What one flow needs of the broker, worked out for one user. */
export type Grant = (scope: GrantScope) => Allowed;

/** Something of the space that depends on nothing but the scope. */
type Of<Thing> = (scope: GrantScope) => readonly Thing[];

export const anyChannel: ChannelPattern = asChannelPattern(">");

/** Answers to what the user asks of the broker. */
export const inbox: Grant = ({ id }) => ({ sub: [`${inboxPrefix(id)}.>`] });

export const hearDigest: Grant = ({ space }) => ({ sub: [formatPattern({ kind: "digest", space })] });

export const giveDigest: Grant = ({ space }) => ({ pub: [formatPattern({ kind: "digest", space })] });

/** Asking services and hearing their answers. */
export function ask(services: Of<Token>): Grant {
  return (scope) => {
    const { space, id: sender } = scope;
    const asked = services(scope);
    return {
      pub: asked.map((service) => formatPattern({ kind: "ctl", space, service, sender })),
      sub: asked.map((service) => formatPattern({ kind: "reply", space, service, sender, nonce: "*" })),
    };
  };
}

/** Answering for services, to the places that belong to the questions and to no others. */
export function serve(services: Of<Token>): Grant {
  return (scope) => {
    const { space } = scope;
    const served = services(scope);
    return {
      sub: served.map((service) => formatPattern({ kind: "ctl", space, service, sender: "*" })),
      pub: served.map((service) => formatPattern({ kind: "reply", space, service, sender: "*", nonce: "*" })),
    };
  };
}

/** Reading registries by a consumer of one fixed name. */
export function watch(...registries: readonly RegistryName[]): Grant {
  return watchAs("watch", registries);
}

/** The same for a second program of the user, beside the one that is the peer. */
export function watchBeside(...registries: readonly RegistryName[]): Grant {
  return watchAs("watchBeside", registries);
}

function watchAs(name: "watch" | "watchBeside", registries: readonly RegistryName[]): Grant {
  return ({ space, id, api }) => ({
    pub: registries.flatMap((registry) => {
      const place = { stream: streamName.registry(space, registry), consumer: consumerName[name](id) };
      return [
        streamApi.createConsumer(api, place, watchedKeys(space, registry)),
        streamApi.next(place),
        streamApi.reset(place),
      ];
    }),
  });
}

/** Writing a registry: the named keys, or all. The secret stays open, because rights can be read by others. */
export function ingest(registry: RegistryName, keys?: Of<string>): Grant {
  return (scope) => {
    const { space } = scope;
    const written = keys?.(scope).map((key) => keySubject(space, registry, key));
    return {
      pub: (written ?? [watchedKeys(space, registry)]).map((subject) => ingestKeySubject("*", subject)),
    };
  };
}

export function manageStreams(verbs: readonly StreamVerb[], streams: Of<string>): Grant {
  return (scope) => ({
    pub: streams(scope).flatMap((stream) => verbs.map((verb) => streamApi.stream(scope.api, verb, stream))),
  });
}

/**
 * A consumer that the user makes and reads by itself, with one of these filters. It removes those of the channel
 * stream alone; on others it lets them run out, because whoever can remove one there could remove a queue.
 */
export function ownConsumer(
  { space, api }: GrantScope,
  place: ConsumerPlace,
  filters: readonly string[],
): string[] {
  return [
    ...filters.map((filter) => streamApi.createConsumer(api, place, filter)),
    streamApi.next(place),
    streamApi.consumer(api, "INFO", place),
    ...(place.stream === streamName.chat(space) ? [streamApi.consumer(api, "DELETE", place)] : []),
  ];
}

export const shards: Of<number> = (scope) => Array.from({ length: scope.shards }, (_, shard) => shard);

/**
 * The delivery service of every shard. An owner belongs to one of them, but the rights of a signing
 * key are one text for all owners, and the others refuse who is not theirs.
 */
export const delivery: Of<Token> = (scope) => shards(scope).map(serviceName.delivery);

export const deliveryAdmin: Of<Token> = (scope) => shards(scope).map(serviceName.deliveryAdmin);
