import { extensionPattern, idPattern } from "./grammar.ts";
import type { Message } from "./message.ts";

type Fields = Readonly<Record<string, unknown>>;

/**
 * The schema `Message` as one plain predicate for the receiving path, where it costs a tenth. The
 * schema stays the source: a test holds both against each other on a great many values.
 */
export function isMessage(value: unknown): value is Message {
  return (
    isFields(value) &&
    typeof value.id === "string" &&
    idPattern.test(value.id) &&
    isWhole(value.ts) &&
    typeof value.space === "string" &&
    isPeerRef(value.from) &&
    hasOneTarget(value) &&
    (value.mentions === undefined || isListOf(value.mentions, isString)) &&
    isListOf(value.parts, isPart) &&
    value.parts.length > 0 &&
    isStringIfGiven(value.replyTo) &&
    isStringIfGiven(value.contextId) &&
    (value.expiresAt === undefined || isWhole(value.expiresAt))
  );
}

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isString(value: unknown): value is string {
  return typeof value === "string";
}

function isStringIfGiven(value: unknown): boolean {
  return value === undefined || typeof value === "string";
}

function isWhole(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isListOf(value: unknown, isItem: (item: unknown) => boolean): value is readonly unknown[] {
  if (!Array.isArray(value)) return false;
  for (const item of value) if (!isItem(item)) return false;
  return true;
}

function isPeerRef(value: unknown): boolean {
  return isFields(value) && isString(value.id) && isString(value.name) && isStringIfGiven(value.role);
}

function hasOneTarget({ channel, to, toService }: Fields): boolean {
  const given =
    (channel === undefined ? 0 : 1) + (to === undefined ? 0 : 1) + (toService === undefined ? 0 : 1);
  return given === 1 && typeof (channel ?? to ?? toService) === "string";
}

function isPart(value: unknown): boolean {
  if (!isFields(value)) return false;
  if (value.kind === "text") return typeof value.text === "string";
  if (value.kind === "data") return "data" in value;
  return typeof value.kind === "string" && extensionPattern.test(value.kind);
}
