import * as z from "zod";
import { text } from "./grammar.ts";

export interface Skill {
  readonly id: string;
  readonly name: string;
  readonly description?: string | undefined;
}

/** Who a peer is and what it offers. */
export interface AgentCard {
  readonly id: string;
  /** Compared without case. */
  readonly name: string;
  readonly kind: "agent" | "endpoint";
  readonly role?: string | undefined;
  readonly description?: string | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly skills?: readonly Skill[] | undefined;
  /** Fields of extensions, under reverse-DNS names. */
  readonly meta?: Readonly<Record<string, unknown>> | undefined;
  readonly protocolVersion: string;
}

const Skill: z.ZodType<Skill> = z.looseObject({
  id: z.string(),
  name: z.string(),
  description: z.string().optional(),
});

export const AgentCard: z.ZodType<AgentCard> = z.looseObject({
  id: text.owner,
  name: text.name,
  kind: z.enum(["agent", "endpoint"]),
  role: z.string().optional(),
  description: z.string().optional(),
  tags: z.array(z.string()).optional(),
  skills: z.array(Skill).optional(),
  meta: z.record(text.extension, z.unknown()).optional(),
  protocolVersion: z.string(),
});
