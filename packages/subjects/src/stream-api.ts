import { CotalError } from "./error.ts";
import { quoted } from "./token.ts";

/** A stream and a consumer of it. Either may be `*` where a right leaves it open. */
export interface ConsumerPlace {
  readonly stream: string;
  readonly consumer: string;
}

/** What is asked of one stream. */
export type StreamVerb = "CREATE" | "UPDATE" | "INFO" | "DELETE" | "PURGE" | "MSG.GET";
/** What is asked of one consumer. */
export type ConsumerVerb = "INFO" | "DELETE" | "RESET" | "MSG.NEXT";

/** The subjects under which the broker takes requests to its streams; they are what a right pins. */
export const streamApi = {
  accountInfo: "$JS.API.INFO",
  stream: (verb: StreamVerb, stream: string): string => `$JS.API.STREAM.${verb}.${part(stream)}`,
  consumer: (verb: ConsumerVerb, { stream, consumer }: ConsumerPlace): string =>
    `$JS.API.CONSUMER.${verb}.${part(stream)}.${part(consumer)}`,
  /** The filter belongs to the subject, so a right to create is a right to read just that. */
  createConsumer: ({ stream, consumer }: ConsumerPlace, filter: string): string =>
    `$JS.API.CONSUMER.CREATE.${part(stream)}.${part(consumer)}.${filter}`,
  /** Settling what a consumer handed out. It can also ask for the next entry, so it is a right to read. */
  ack: ({ stream, consumer }: ConsumerPlace): string => `$JS.ACK.${part(stream)}.${part(consumer)}.>`,
} as const;

function part(name: string): string {
  if (name === "*" || /^[\w-]+$/.test(name)) return name;
  throw new CotalError("bad-token", `${quoted(name)} is not the name of a stream or a consumer`, {
    hint: "make names with streamName and consumerName",
  });
}
