import * as z from "zod";
import { text } from "./grammar.ts";

export interface TextPart {
  readonly kind: "text";
  readonly text: string;
}

export interface DataPart {
  readonly kind: "data";
  readonly data: unknown;
}

/** A part that an extension defines; its kind is a reverse-DNS name. */
export interface ExtensionPart {
  readonly kind: `${string}.${string}`;
  readonly [field: string]: unknown;
}

/** One piece of the content of a message. */
export type Part = TextPart | DataPart | ExtensionPart;

export const Part: z.ZodType<Part> = z.union([
  z.looseObject({ kind: z.literal("text"), text: z.string() }),
  z.looseObject({ kind: z.literal("data"), data: z.unknown() }),
  z.looseObject({ kind: text.extension as unknown as z.ZodType<`${string}.${string}`> }),
]);
