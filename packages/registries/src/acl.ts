import { type ChannelPattern, isOwnerId } from "@cotal/subjects";
import * as z from "zod";
import { defineRegistry, type RegistryDefinition } from "./definition.ts";
import { field } from "./fields.ts";

/** Which channels an owner may read and post to. */
export interface Rights {
  readonly allowSubscribe: readonly ChannelPattern[];
  readonly allowPublish: readonly ChannelPattern[];
}

/** The rights of an owner, complete: `[]` means none. Without a record they are unknown. */
export interface AclRecord extends Rights {
  readonly v: 1;
  /** Each change has a higher one. */
  readonly epoch: number;
  readonly retired?: boolean | undefined;
  readonly updatedAt: number;
}

export const maxAclPatterns = 200;

const AclRecord: z.ZodType<AclRecord> = z
  .looseObject({
    v: z.literal(1),
    allowSubscribe: z.array(field.pattern),
    allowPublish: z.array(field.pattern),
    epoch: z.int().positive(),
    retired: z.boolean().optional(),
    updatedAt: field.count,
  })
  .refine(
    ({ allowSubscribe, allowPublish }) => allowSubscribe.length + allowPublish.length <= maxAclPatterns,
    {
      path: ["allowSubscribe"],
    },
  );

export const aclRegistry: RegistryDefinition<AclRecord> = defineRegistry({
  registry: "acl",
  schema: AclRecord,
  isKey: isOwnerId,
});
