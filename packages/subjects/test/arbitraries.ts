import fc from "fast-check";
import {
  asChannel,
  asChannelPattern,
  asOwnerId,
  asToken,
  type Channel,
  type ChannelPattern,
  directLane,
  formatSubject,
  type OwnerId,
  type StoredSubject,
  type Subject,
  type Token,
} from "../src/index.ts";

const tokenCharacters = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"];
const base32 = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"];

/** Words with a meaning elsewhere: in subjects, in JavaScript, and pairs of one 31-polynomial hash. */
const trickyTokens = [
  "chat",
  "cotal",
  "in",
  "reply",
  "__proto__",
  "constructor",
  "toString",
  "0",
  "Aa",
  "BB",
];

export const anyToken: fc.Arbitrary<Token> = fc
  .oneof(
    fc.constantFrom(...trickyTokens),
    fc.string({ unit: fc.constantFrom(...tokenCharacters), minLength: 1, maxLength: 64 }),
  )
  .map((text) => asToken("space", text));

export const anyOwner: fc.Arbitrary<OwnerId> = fc
  .string({ unit: fc.constantFrom(...base32), minLength: 55, maxLength: 55 })
  .map((tail) => asOwnerId(`U${tail}`));

export const anyChannel: fc.Arbitrary<Channel> = fc
  .array(anyToken, { minLength: 1, maxLength: 32 })
  .filter((segments) => segments.join(".").length <= 255)
  .map((segments) => asChannel(segments.join(".")));

const anyShard = fc.integer({ min: 0, max: 1023 });

const anyStored: fc.Arbitrary<StoredSubject> = fc.oneof(
  fc.record({
    kind: fc.constant("dlv" as const),
    space: anyToken,
    owner: anyOwner,
    channel: fc.oneof(anyChannel, fc.constant(directLane)),
  }),
  fc.record({ kind: fc.constant("dinbox" as const), space: anyToken, owner: anyOwner }),
  fc.record({ kind: fc.constant("ckpt" as const), space: anyToken, shard: anyShard }),
);

export const anySubject: fc.Arbitrary<Subject> = fc.oneof(
  fc.record({ kind: fc.constant("chat" as const), space: anyToken, sender: anyOwner, channel: anyChannel }),
  fc.record({ kind: fc.constant("inst" as const), space: anyToken, target: anyOwner, sender: anyOwner }),
  fc.record({ kind: fc.constant("svc" as const), space: anyToken, role: anyToken, sender: anyOwner }),
  fc.record({ kind: fc.constant("ctl" as const), space: anyToken, service: anyToken, sender: anyOwner }),
  fc.record({
    kind: fc.constant("reply" as const),
    space: anyToken,
    service: anyToken,
    sender: anyOwner,
    nonce: anyToken,
  }),
  fc.record({ kind: fc.constant("digest" as const), space: anyToken }),
  anyStored,
  fc.record({ kind: fc.constant("ingest" as const), secret: anyToken, shard: anyShard, stored: anyStored }),
);

/** A subject, or one with up to three small damages: most are one step from valid. */
export const nearlySubject: fc.Arbitrary<string> = fc
  .tuple(
    anySubject,
    fc.array(
      fc.record({
        at: fc.nat(),
        edit: fc.constantFrom("drop", "insert", "replace", "cut", "dropToken", "repeatToken"),
        piece: fc.constantFrom(".", "*", ">", " ", "a", "A", "0", "é", "\n", "\0", "\ud800", ".."),
      }),
      { maxLength: 3 },
    ),
  )
  .map(([subject, edits]) => edits.reduce(damaged, formatSubject(subject)));

interface Edit {
  readonly at: number;
  readonly edit: string;
  readonly piece: string;
}

function damaged(text: string, { at, edit, piece }: Edit): string {
  const place = at % (text.length + 1);
  const tokens = text.split(".");
  const which = at % tokens.length;
  switch (edit) {
    case "drop":
      return text.slice(0, place) + text.slice(place + 1);
    case "insert":
      return text.slice(0, place) + piece + text.slice(place);
    case "replace":
      return text.slice(0, place) + piece + text.slice(place + 1);
    case "cut":
      return text.slice(0, place);
    case "dropToken":
      return tokens.toSpliced(which, 1).join(".");
    default:
      return tokens.toSpliced(which, 0, tokens[which] ?? "").join(".");
  }
}

/** Few segments, so that matches, near misses and hash collisions are frequent. */
const crowdedSegment = fc.constantFrom("a", "b", "Aa", "BB", "AaBB", "BBAa", "__proto__", "constructor");

export const crowdedChannel: fc.Arbitrary<Channel> = fc
  .array(crowdedSegment, { minLength: 1, maxLength: 5 })
  .map((segments) => asChannel(segments.join(".")));

export const crowdedPattern: fc.Arbitrary<ChannelPattern> = fc
  .tuple(
    fc.array(fc.oneof(crowdedSegment, crowdedSegment, fc.constant("*")), { maxLength: 4 }),
    fc.oneof(crowdedSegment, fc.constantFrom("*", ">")),
  )
  .map(([head, last]) => asChannelPattern([...head, last].join(".")));
