import * as z from "zod";
import { text } from "./grammar.ts";
import { PeerRef } from "./message.ts";

/** A question to a service. Its id with its sender names one execution: a repeat gets the first answer. */
export interface ControlRequest {
  readonly v: 1;
  readonly id: string;
  readonly op: string;
  readonly args?: unknown;
  readonly from: PeerRef;
}

export const ControlRequest: z.ZodType<ControlRequest> = z.looseObject({
  v: z.literal(1),
  id: text.id,
  op: text.id,
  args: z.unknown().optional(),
  from: PeerRef,
});

/** What a service says when it did not do what was asked. */
export interface ControlFailure {
  readonly code: string;
  readonly message: string;
  readonly hint?: string | undefined;
}

export type ControlReply =
  | { readonly v: 1; readonly ok: true; readonly data?: unknown }
  | { readonly v: 1; readonly ok: false; readonly error: ControlFailure };

export const ControlReply: z.ZodType<ControlReply> = z.union([
  z.looseObject({ v: z.literal(1), ok: z.literal(true), data: z.unknown().optional() }),
  z.looseObject({
    v: z.literal(1),
    ok: z.literal(false),
    error: z.looseObject({ code: z.string(), message: z.string(), hint: z.string().optional() }),
  }),
]);
