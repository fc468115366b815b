import type { z } from "zod";
import { ChannelConfig } from "./channel-config.ts";
import { ControlReply, ControlRequest } from "./control.ts";
import { readJson } from "./json-body.ts";
import { Presence } from "./presence.ts";
import { PresenceDigest } from "./presence-digest.ts";

/** What became of bytes that should hold a record. */
export type RecordRead<T> =
  | { readonly kind: "read"; readonly record: T }
  | {
      readonly kind: "unreadable";
      readonly reason: "too-large" | "malformed-json" | "invalid-record";
      /** Which field does not fit. It holds no value. */
      readonly where?: string | undefined;
    };

export type RecordReader<T> = (bytes: Uint8Array) => RecordRead<T>;

const maxRecordBytes = 1024 * 1024;

export const readControlRequest: RecordReader<ControlRequest> = recordReader(ControlRequest);
export const readControlReply: RecordReader<ControlReply> = recordReader(ControlReply);
export const readPresence: RecordReader<Presence> = recordReader(Presence);
export const readPresenceDigest: RecordReader<PresenceDigest> = recordReader(PresenceDigest);
export const readChannelConfig: RecordReader<ChannelConfig> = recordReader(ChannelConfig);

/** Reads with the limits that hold for every body of the wire. The record keeps fields that are not known here. */
export function recordReader<T>(schema: z.ZodType<T>): RecordReader<T> {
  return (bytes) => {
    const body = readJson(bytes, maxRecordBytes);
    if (body.kind === "refused") {
      const reason = body.reason === "forbidden-key" ? "invalid-record" : body.reason;
      return { kind: "unreadable", reason };
    }
    const parsed = schema.safeParse(body.value);
    if (parsed.success) return { kind: "read", record: parsed.data };
    const where = parsed.error.issues[0]?.path.join(".").slice(0, 200);
    return { kind: "unreadable", reason: "invalid-record", where };
  };
}
