import { CotalError } from "./error.ts";
import { asToken, quoted, type Token } from "./token.ts";

/** A stream and a consumer of it. Either may be `*` where a right leaves it open. */
export interface ConsumerPlace {
  readonly stream: string;
  readonly consumer: string;
}

/** What is asked of one stream. */
export type StreamVerb = "CREATE" | "UPDATE" | "INFO" | "DELETE" | "PURGE" | "MSG.GET";
/** What is asked of one consumer. */
export type ConsumerVerb = "INFO" | "DELETE";

/**
 * Under which subjects the broker takes requests to its streams. In a space with credentials nobody asks at the
 * broker's own place: an empty answer that is aimed there would be carried out as an order.
 */
export const apiRoot = {
  /** The broker's own; the only one where there are no credentials. */
  open: "$JS.API",
  /** Open to everybody: nothing there does harm when it is asked with nothing. */
  peers: "js",
  /** All of it, for whoever knows the secret. In a right the secret is `*`, because rights can be read by others. */
  admin: (secret: Token | "*"): string => `adm.${secret === "*" ? secret : asToken("secret", secret)}`,
} as const;

/** Requests below a root; they are what a right pins. */
export const streamApi = {
  accountInfo: (root: string): string => `${root}.INFO`,
  stream: (root: string, verb: StreamVerb, stream: string): string =>
    `${root}.STREAM.${verb}.${part(stream)}`,
  consumer: (root: string, verb: ConsumerVerb, { stream, consumer }: ConsumerPlace): string =>
    `${root}.CONSUMER.${verb}.${part(stream)}.${part(consumer)}`,
  /** Every consumer of a stream, with how far it is. */
  listConsumers: (root: string, stream: string): string => `${root}.CONSUMER.LIST.${part(stream)}`,
  /** The filter belongs to the subject, so a right to create is a right to read just that. */
  createConsumer: (root: string, { stream, consumer }: ConsumerPlace, filter: string): string =>
    `${root}.CONSUMER.CREATE.${part(stream)}.${part(consumer)}.${filter}`,
  /** A consumer itself listens at the broker's own place, wherever the rest is asked. */
  next: ({ stream, consumer }: ConsumerPlace): string =>
    `${apiRoot.open}.CONSUMER.MSG.NEXT.${part(stream)}.${part(consumer)}`,
  reset: ({ stream, consumer }: ConsumerPlace): string =>
    `${apiRoot.open}.CONSUMER.RESET.${part(stream)}.${part(consumer)}`,
  /** Settling what a consumer handed out. It can also ask for the next entry, so it is a right to read. */
  ack: ({ stream, consumer }: ConsumerPlace): string => `$JS.ACK.${part(stream)}.${part(consumer)}.>`,
} as const;

function part(name: string): string {
  if (name === "*" || /^[\w-]+$/.test(name)) return name;
  throw new CotalError("bad-token", `${quoted(name)} is not the name of a stream or a consumer`, {
    hint: "make names with streamName and consumerName",
  });
}
