import * as z from "zod";

/** A message or request id. With its sender it is the dedupe id of the wire. */
export const idPattern: RegExp = /^[A-Za-z0-9._:-]{1,128}$/;

/** A kind of part or a key of `meta` that an extension brings along: `com.example.thing`. */
export const extensionPattern: RegExp = /^[a-z0-9-]+(\.[a-z0-9-]+)+$/;

/** 1–128 characters on one line, no "/" or "\", no white space around it. */
export const namePattern: RegExp = /^(?!\s)[^\p{Cc}\p{Cs}\u2028\u2029/\\]{1,128}(?<!\s)$/u;

const ownerPattern = /^U[A-Z2-7]{55}$/;
const channelPattern = /^(?=.{1,255}$)[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+){0,31}$/;

/** Strings by what they hold. The patterns are written so that every reader of JSON Schema counts alike. */
export const text: Readonly<
  Record<"id" | "extension" | "name" | "owner" | "channel" | "upTo200" | "upTo2000", z.ZodString>
> = {
  id: z.string().regex(idPattern),
  extension: z.string().regex(extensionPattern),
  name: z.string().regex(namePattern),
  owner: z.string().regex(ownerPattern),
  channel: z.string().regex(channelPattern),
  upTo200: z.string().regex(/^[\s\S]{0,200}$/u),
  upTo2000: z.string().regex(/^[\s\S]{0,2000}$/u),
};

/** A moment in ms since 1970, a sequence or a count. */
export const whole: z.ZodNumber = z.int().nonnegative();
