import { CotalError, registryKey } from "@cotal/subjects";
import type { DeliveryClass } from "@cotal/wire";
import * as z from "zod";
import type { CasRegistry } from "./cas-registry.ts";
import { change } from "./change.ts";
import { defineRegistry, type RegistryDefinition } from "./definition.ts";
import { field } from "./fields.ts";

/** What holds for a whole space, from its set-up on. */
export interface SpaceRecord {
  readonly v: 1;
  readonly mode: "auth" | "open";
  readonly shards: number;
  /** Whether posts are kept for members that are away. */
  readonly backstop: boolean;
  /** The class of a channel for which nothing is set. */
  readonly defaultClass: DeliveryClass;
  readonly created: number;
  /** The release that set it up. */
  readonly version: string;
}

const SpaceRecord: z.ZodType<SpaceRecord> = z.looseObject({
  v: z.literal(1),
  mode: z.enum(["auth", "open"]),
  shards: z.int().min(1).max(1024),
  backstop: z.boolean(),
  defaultClass: z.enum(["live", "durable"]),
  created: field.count,
  version: field.line,
});

export const spaceRegistry: RegistryDefinition<SpaceRecord> = defineRegistry({
  registry: "space",
  schema: SpaceRecord,
  isKey: (key) => key === registryKey.space,
});

/** What is said of a space at its set-up. */
export type SpaceFacts = Omit<SpaceRecord, "v" | "created">;

/**
 * Writes what a space is, once. The record of a space that was set up otherwise is refused; only a backstop
 * that it lacks is added.
 */
export function writeSpaceRecord(
  registry: CasRegistry<SpaceRecord>,
  facts: SpaceFacts,
): Promise<SpaceRecord> {
  return change<SpaceRecord, SpaceRecord>(registry, registryKey.space, (standing) => {
    if (standing.kind === "found") {
      const { value: stored } = standing;
      requireSame(stored, facts);
      if (stored.backstop === facts.backstop) return { kind: "leave", answer: stored };
      const given: SpaceRecord = { ...stored, backstop: true };
      return { kind: "put", value: given, answer: () => given };
    }
    const value: SpaceRecord = { v: 1, ...facts, created: registry.clock.now() };
    return { kind: "put", value, answer: () => value };
  });
}

/** Whatever decides how the space works; a newer release may set up the same space. */
const fixed = ["mode", "shards", "backstop", "defaultClass"] as const;
/** What may be missing and be had from now on; to take it away would lose what is kept. */
const addable: ReadonlySet<string> = new Set(["backstop"]);

export function requireSame(stored: SpaceRecord, facts: SpaceFacts): void {
  const differing = fixed.filter(
    (name) => stored[name] !== facts[name] && !(addable.has(name) && facts[name]),
  );
  if (differing.length === 0) return;
  const list = differing.map((name) => `${name} ${stored[name]}, not ${facts[name]}`).join("; ");
  throw new CotalError("space-differs", `the space was set up with ${list}`, {
    hint: "give the options with which the space was made, or set up another space",
    data: { differing, stored, given: facts },
  });
}
