import { DOT, inToken, runEnd } from "./alphabet.ts";
import { CotalError } from "./error.ts";
import { quoted, shownText, token } from "./token.ts";

declare const brand: unique symbol;

/** Channels as a subscription or a right names them: `*` is one segment, a final `>` one or more. */
export type ChannelPattern = string & { readonly [brand]: "Channel" | "ChannelPattern" };
/** One concrete channel, `team.backend`. Every channel is a pattern that matches only itself. */
export type Channel = string & { readonly [brand]: "Channel" };

export const maxChannelSegments = 32;
export const maxChannelLength = 255;

export function isChannel(text: unknown): text is Channel {
  return shapeOf(text) === "channel";
}

export function isChannelPattern(text: unknown): text is ChannelPattern {
  return shapeOf(text) !== "neither";
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

function shapeOf(text: unknown): "channel" | "pattern" | "neither" {
  if (typeof text !== "string" || text.length > maxChannelLength) return "neither";
  let shape: "channel" | "pattern" = "channel";
  let segments = 0;
  for (let start = 0; start <= text.length; ) {
    let end = runEnd(inToken, text, start);
    if (end === start && isWildcard(text, start)) {
      end = start + 1;
      shape = "pattern";
    }
    if (end === start || (end < text.length && text.charCodeAt(end) !== DOT)) return "neither";
    if (++segments > maxChannelSegments) return "neither";
    start = end + 1;
  }
  return shape;
}

function isWildcard(text: string, at: number): boolean {
  return text[at] === "*" || (text[at] === ">" && at + 1 === text.length);
}

function refusal(code: "bad-channel" | "bad-pattern", text: string): CotalError {
  const [what, fits] =
    code === "bad-channel" ? ["channel", isChannel] : ["channel pattern", isChannelPattern];
  const similar = shownText(text)
    .slice(0, maxChannelLength)
    .split(/[./]+/)
    .filter(Boolean)
    .map(segment)
    .join(".");
  const example = similar.length <= 60 && fits(similar) ? similar : "team.backend";
  return new CotalError(code, `${quoted(text)} is not a valid ${what}`, {
    hint: `use 1–${maxChannelSegments} dotted segments of letters, digits, "_" or "-", at most ${maxChannelLength} characters; for example ${quoted(example)}`,
  });
}

function segment(text: string): string {
  return text === "*" || text === ">" ? text : token(text);
}
