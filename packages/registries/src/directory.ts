import { isOwnerId, type OwnerId, type Token } from "@cotal/subjects";
import * as z from "zod";
import { defineRegistry, type RegistryDefinition } from "./definition.ts";
import { field } from "./fields.ts";

/** Who exists in the space, whether or not it is present. */
export interface DirectoryRecord {
  readonly v: 1;
  readonly id: OwnerId;
  readonly name: string;
  readonly kind: "agent" | "endpoint";
  readonly role?: Token | undefined;
  readonly retired?: boolean | undefined;
}

const DirectoryRecord: z.ZodType<DirectoryRecord> = z.looseObject({
  v: z.literal(1),
  id: field.owner,
  name: field.name,
  kind: z.enum(["agent", "endpoint"]),
  role: field.token.optional(),
  retired: z.boolean().optional(),
});

export const directoryRegistry: RegistryDefinition<DirectoryRecord> = defineRegistry({
  registry: "directory",
  schema: DirectoryRecord,
  isKey: isOwnerId,
  fits: (key, { id }) => id === key,
});
