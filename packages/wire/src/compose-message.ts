import {
  asChannel,
  asOwnerId,
  asToken,
  CotalError,
  formatSubject,
  normaliseMentions,
  type OwnerId,
  type Subject,
  type Token,
} from "@cotal/subjects";
import { namePattern } from "./grammar.ts";
import { header } from "./headers.ts";
import { isMessage } from "./is-message.ts";
import { readJson } from "./json-body.ts";
import type { Message } from "./message.ts";
import { asMessageId, dedupeId, freshId } from "./message-id.ts";
import type { Part } from "./part.ts";

/** Who sends. */
export interface Sender {
  readonly space: Token;
  readonly id: OwnerId;
  readonly name: string;
  readonly role?: string | undefined;
}

/** What somebody wants to send: to exactly one of channel, peer and role, and text or parts. */
export interface Draft {
  readonly channel?: string | undefined;
  readonly to?: string | undefined;
  readonly toService?: string | undefined;
  readonly text?: string | undefined;
  readonly parts?: readonly Part[] | undefined;
  readonly mentions?: readonly string[] | undefined;
  readonly replyTo?: string | undefined;
  readonly contextId?: string | undefined;
  readonly expiresAt?: number | undefined;
  /** A caller that may try again gives an id of its own. */
  readonly id?: string | undefined;
  /** For an automatic reply: one more than what it answers. */
  readonly hops?: number | undefined;
}

export interface ComposeOptions {
  /** The sender's clock in ms. */
  readonly now: number;
  /** The largest body that may be sent; see `bodyLimit`. */
  readonly maxBytes: number;
}

/** A message ready to be signed and published. */
export interface ComposedMessage {
  readonly subject: string;
  readonly message: Message;
  readonly bytes: Uint8Array;
  readonly headers: Record<string, string>;
}

/** Room for the headers of a post and of its copies. */
const headerBytes = 8 * 1024;
const maxMentionsLength = 2048;

/** The largest body under a payload limit of the broker: copies of it carry more headers than itself. */
export function bodyLimit(maxPayloadBytes: number): number {
  return Math.max(0, maxPayloadBytes - headerBytes);
}

/** Builds a message that every receiver takes, or says why that cannot be. */
export function composeMessage(draft: Draft, sender: Sender, options: ComposeOptions): ComposedMessage {
  const { id, name, role, space } = sender;
  const { channel, to, toService, mentions: named = [], replyTo, contextId, expiresAt } = draft;
  const subject = formatSubject(targetOf(draft, sender));
  const mentions = named.length > 0 ? normaliseMentions(named) : [];
  // What is undefined is left out of the JSON, and the message is what is read of that.
  const body = encoded(
    {
      id: draft.id === undefined ? freshId() : asMessageId(draft.id),
      ts: options.now,
      space,
      from: { id, name, role },
      channel,
      to,
      toService,
      mentions: mentions.length > 0 ? mentions : undefined,
      parts: partsOf(draft),
      replyTo,
      contextId,
      expiresAt,
    },
    options.maxBytes,
  );
  const headers: Record<string, string> = { [header.dedupeId]: dedupeId(id, body.message.id) };
  if (mentions.length > 0) headers[header.mentions] = mentionsHeader(mentions);
  if (draft.hops !== undefined) headers[header.hops] = hopsHeader(draft.hops);
  return { subject, message: body.message, bytes: body.bytes, headers };
}

function targetOf({ channel, to, toService }: Draft, { space, id: sender }: Sender): Subject {
  const targets = Number(channel !== undefined) + Number(to !== undefined) + Number(toService !== undefined);
  if (targets !== 1) throw refusal("it must go to exactly one of channel, peer and role");
  if (channel !== undefined) return { kind: "chat", space, sender, channel: asChannel(channel) };
  if (to !== undefined) return { kind: "inst", space, target: asOwnerId(to), sender };
  return { kind: "svc", space, role: asToken("role", toService ?? ""), sender };
}

function partsOf({ text, parts }: Draft): readonly Part[] {
  if ((text === undefined) === (parts === undefined)) throw refusal("it needs either text or parts");
  const all = parts ?? [{ kind: "text" as const, text: text ?? "" }];
  if (all.length === 0) throw refusal("it has no parts");
  return all;
}

/** The body as it travels, read back as a receiver reads it: what comes out is what was meant, or nothing is sent. */
function encoded(draft: object, maxBytes: number): { bytes: Uint8Array; message: Message } {
  const bytes = Buffer.from(stringified(draft));
  if (bytes.byteLength > maxBytes) {
    throw new CotalError("too-large", `the message has ${bytes.byteLength} bytes; ${maxBytes} are taken`, {
      hint: "send it in several messages, or send where it can be found",
      data: { bytes: bytes.byteLength, maxBytes },
    });
  }
  const body = readJson(bytes, maxBytes);
  if (body.kind === "refused") {
    throw refusal(
      body.reason === "too-large"
        ? "it nests too deep or has too many values"
        : "it has a key that receivers refuse",
    );
  }
  if (isMessage(body.value)) return { bytes, message: body.value };
  throw refusal("a field or a part does not have the form of a message");
}

function stringified(draft: object): string {
  try {
    return JSON.stringify(draft);
  } catch (cause) {
    throw refusal("a data part cannot be written as JSON", cause);
  }
}

/** Names are free text: what separates them and what headers cannot hold is escaped. */
function mentionsHeader(mentions: readonly string[]): string {
  if (!mentions.every((name) => namePattern.test(name))) throw refusal("a mention is not the name of a peer");
  const text = mentions.map(encodeURIComponent).join(",");
  if (text.length > maxMentionsLength) throw refusal("it mentions too many peers");
  return text;
}

function hopsHeader(hops: number): string {
  if (Number.isSafeInteger(hops) && hops >= 0) return String(hops);
  throw refusal("its number of hops is not a whole number");
}

function refusal(why: string, cause?: unknown): CotalError {
  return new CotalError("bad-message", `this cannot be sent: ${why}`, { cause });
}
