import * as z from "zod";
import {
  AgentCard,
  ChannelConfig,
  ControlReply,
  ControlRequest,
  GapMarker,
  Message,
  Presence,
  PresenceDigest,
} from "../src/index.ts";

/** Every record of the wire, by the name of its schema file. */
export const records: Readonly<Record<string, z.ZodType>> = {
  message: Message,
  "agent-card": AgentCard,
  presence: Presence,
  "presence-digest": PresenceDigest,
  "channel-config": ChannelConfig,
  "control-request": ControlRequest,
  "control-reply": ControlReply,
  "gap-marker": GapMarker,
};

export const schemaFolder: URL = new URL("../schema/", import.meta.url);

/** The record as JSON Schema, as it is shipped. */
export function jsonSchema(name: string, schema: z.ZodType): object {
  const { $schema, ...rules } = z.toJSONSchema(schema, { target: "draft-2020-12", io: "input" });
  return { $schema, $id: `urn:cotal:wire:${name}`, ...rules };
}
