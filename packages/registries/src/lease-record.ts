import { isOwnerId, registryKey } from "@cotal/subjects";
import * as z from "zod";
import { defineRegistry, type RegistryDefinition } from "./definition.ts";
import { field } from "./fields.ts";

/** Who leads something or, under `standby.<id>`, waits for a lead. */
export interface LeaseRecord {
  readonly v: 1;
  readonly holder: string;
  /** Each holder's is higher than that of the one before. */
  readonly epoch: number;
  readonly since: number;
  /** Whether it serves already. */
  readonly ready: boolean;
  /** The release that the holder runs. */
  readonly version: string;
  /** The wire protocol that it speaks; absent where its release does not say. */
  readonly protocol?: string | undefined;
}

const LeaseRecord: z.ZodType<LeaseRecord> = z.looseObject({
  v: z.literal(1),
  holder: field.line,
  epoch: z.int().positive(),
  since: field.count,
  ready: z.boolean(),
  version: field.line,
  protocol: field.line.optional(),
});

export const leaseRegistry: RegistryDefinition<LeaseRecord> = defineRegistry({
  registry: "lease",
  schema: LeaseRecord,
  isKey: (key) =>
    key === registryKey.managerLease ||
    /^delivery\.\d+$/.test(key) ||
    (key.startsWith("standby.") && isOwnerId(key.slice("standby.".length))),
});
