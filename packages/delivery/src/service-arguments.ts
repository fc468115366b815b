import type { Rights } from "@cotal/registries";
import {
  asChannel,
  asChannelPattern,
  asOwnerId,
  type Channel,
  type ChannelPattern,
  CotalError,
  isToken,
  type OwnerId,
  quoted,
  type Token,
} from "@cotal/subjects";
import { asBurial, type Burial } from "./core/dead-letter.ts";

/** What a question brings along, read field by field; what does not fit is refused by its name. */
export interface Arguments {
  channel(name: string): Channel;
  owner(name: string): OwnerId;
  /** As `owner`; everybody when it is absent. */
  ownerOrAll(name: string): OwnerId | "*";
  /** A whole number from 0 on. */
  count(name: string): number;
  /** As `count`; `standard` when it is absent. */
  countOr(name: string, standard: number): number;
  /** One token of the grammar, made up by the caller. */
  token(name: string): Token;
  /** `false` when it is absent. */
  flag(name: string): boolean;
  rights(name: string): Rights;
  /** All of them together. */
  burial(): Burial;
}

export function readArguments(op: string, args: unknown): Arguments {
  const fields = fieldsOf(args) ?? refuse(op, "the arguments are no object");
  const text = (name: string): string => {
    const value = fields[name];
    return typeof value === "string" ? value : refuse(op, `${name} is no text`, value);
  };
  const count = (name: string): number => {
    const value = fields[name];
    if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
    return refuse(op, `${name} is no whole number from 0 on`, value);
  };
  return {
    burial: () => asBurial(fields),
    channel: (name) => asChannel(text(name)),
    owner: (name) => asOwnerId(text(name)),
    ownerOrAll: (name) => (fields[name] === undefined ? "*" : asOwnerId(text(name))),
    count,
    countOr: (name, standard) => (fields[name] === undefined ? standard : count(name)),
    token: (name) => {
      const value = text(name);
      return isToken(value) ? value : refuse(op, `${name} is no token`, value);
    },
    flag: (name) => {
      const { [name]: value = false } = fields;
      return typeof value === "boolean" ? value : refuse(op, `${name} is neither true nor false`, value);
    },
    rights: (name) => {
      const rights = fieldsOf(fields[name]) ?? refuse(op, `${name} is no object`, fields[name]);
      const patterns = (side: keyof Rights): readonly ChannelPattern[] => {
        const value = rights[side];
        if (!Array.isArray(value)) return refuse(op, `${name}.${side} is no list`, value);
        return value.map((each: unknown) =>
          typeof each === "string"
            ? asChannelPattern(each)
            : refuse(op, `${name}.${side} lists no text`, each),
        );
      };
      return { allowSubscribe: patterns("allowSubscribe"), allowPublish: patterns("allowPublish") };
    },
  };
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  const isFields = typeof value === "object" && value !== null && !Array.isArray(value);
  return isFields ? (value as Readonly<Record<string, unknown>>) : undefined;
}

function refuse(op: string, what: string, value?: unknown): never {
  const given = value === undefined ? "" : `: ${quoted(value)}`;
  throw new CotalError("bad-request", `${op} is refused: ${what}${given}`, {
    hint: "let whoever asks and the delivery daemon have the same release",
    data: { op },
  });
}
