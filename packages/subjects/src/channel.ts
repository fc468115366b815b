import { isTokenRange, tokenEnd } from "./alphabet.ts";
import { CotalError } from "./error.ts";
import { quoted, token } from "./token.ts";

declare const brand: unique symbol;

/** Channels as a subscription or a right names them: `*` is one segment, a final `>` one or more. */
export type ChannelPattern = string & { readonly [brand]: "Channel" | "ChannelPattern" };
/** One concrete channel, `team.backend`. Every channel is a pattern that matches only itself. */
export type Channel = string & { readonly [brand]: "Channel" };

export const maxChannelSegments = 32;
export const maxChannelLength = 255;

type Shape = "channel" | "pattern" | "neither";

export function isChannel(text: unknown): text is Channel {
  return typeof text === "string" && shapeOf(text, 0) === "channel";
}

export function isChannelPattern(text: unknown): text is ChannelPattern {
  return typeof text === "string" && shapeOf(text, 0) !== "neither";
}

export function asChannel(text: string): Channel {
  if (isChannel(text)) return text;
  if (isChannelPattern(text)) {
    throw new CotalError("not-concrete", `${quoted(text)} is a pattern`, {
      hint: "name one channel, without * and >",
    });
  }
  throw refusal("bad-channel", text);
}

export function asChannelPattern(text: string): ChannelPattern {
  if (isChannelPattern(text)) return text;
  throw refusal("bad-pattern", text);
}

/** True when what follows `start` is a concrete channel. */
export function isChannelFrom(text: string, start: number): boolean {
  return shapeOf(text, start) === "channel";
}

function shapeOf(text: string, from: number): Shape {
  if (text.length - from > maxChannelLength) return "neither";
  let shape: Shape = "channel";
  let segments = 0;
  for (let start = from; start <= text.length; ) {
    const end = tokenEnd(text, start);
    if (++segments > maxChannelSegments) return "neither";
    if (!isTokenRange(text, start, end)) {
      if (!isWildcard(text, start, end)) return "neither";
      shape = "pattern";
    }
    start = end + 1;
  }
  return shape;
}

function isWildcard(text: string, start: number, end: number): boolean {
  if (end - start !== 1) return false;
  return text[start] === "*" || (text[start] === ">" && end === text.length);
}

function refusal(code: "bad-channel" | "bad-pattern", text: string): CotalError {
  const what = code === "bad-channel" ? "channel" : "channel pattern";
  const segments = String(text)
    .split(/[./]+/)
    .filter((segment) => segment !== "");
  const suggestion = segments.slice(0, maxChannelSegments).map(token).join(".") || "general";
  return new CotalError(code, `${quoted(text)} is not a valid ${what}`, {
    hint: `use 1–${maxChannelSegments} dotted segments of letters, digits, "_" or "-", at most ${maxChannelLength} characters; for example ${quoted(suggestion)}`,
  });
}
