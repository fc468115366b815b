import type { Entry } from "@cotal/session";
import { type Channel, normaliseMentions, type OwnerId, parseSubject, type Token } from "@cotal/subjects";
import { header, type RejectReason, verifyDelivery, type WireHeaders } from "@cotal/wire";

/** A post as CHAT holds it. Its body has not been looked at. */
export interface Post {
  readonly seq: number;
  /** In ms of the broker's clock. */
  readonly storedAt: number;
  readonly subject: string;
  readonly space: Token;
  readonly sender: OwnerId;
  readonly channel: Channel;
  /** The headers as they came. */
  readonly received: WireHeaders | undefined;
  /** What a copy takes over of them: signature, mentions, hops. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly bytes: Uint8Array;
  /** The header says that somebody is mentioned. */
  readonly mentions: boolean;
}

export type ReadPost =
  | { readonly kind: "post"; readonly post: Post }
  | { readonly kind: "rejected"; readonly reason: RejectReason };

export type VerifiedPost =
  | { readonly kind: "valid"; readonly mentions: readonly string[] }
  | { readonly kind: "rejected"; readonly reason: RejectReason };

const takenOver = [header.signature, header.signedAt, header.path, header.mentions, header.hops] as const;
/** With what the engine adds to a copy it stays well below the 8 KiB that the body limit leaves for headers. */
const maxHeaderBytes = 4 * 1024;

/** Reads an entry of CHAT without its body, so that a live post that mentions nobody costs no more. */
export function readPost({ subject, headers: received, data: bytes, seq, storedAt }: Entry): ReadPost {
  const parsed = parseSubject(subject);
  if (parsed?.kind !== "chat") return { kind: "rejected", reason: "malformed-subject" };
  const { space, sender, channel } = parsed;
  const headers = received ? takenOver.flatMap((name) => carried(name, received.get(name))) : [];
  const length = headers.reduce((sum, [name, value]) => sum + name.length + Buffer.byteLength(value), 0);
  if (length > maxHeaderBytes) return { kind: "rejected", reason: "foreign-header" };
  const mentions = headers.some(([name]) => name === header.mentions);
  return {
    kind: "post",
    post: { seq, storedAt, subject, space, sender, channel, received, headers, bytes, mentions },
  };
}

function carried(name: string, value: string): (readonly [string, string])[] {
  return value === "" ? [] : [[name, value]];
}

/**
 * Checks the envelope without its signature, which is the receiver's to check. Mentioned is who stands in the
 * envelope and in the header as well.
 */
export function verifyPost(post: Post, { maxBytes }: { readonly maxBytes: number }): VerifiedPost {
  const { subject, bytes, storedAt, space, received, headers } = post;
  const verdict = verifyDelivery({
    subject,
    headers: received,
    bytes,
    storedAt,
    route: { kind: "channel", space, covers: () => true },
    policy: { maxBytes, signatures: "none" },
  });
  if (verdict.verdict !== "ok") {
    return { kind: "rejected", reason: verdict.verdict === "reject" ? verdict.reason : "wrong-route" };
  }
  const announced = headers.find(([name]) => name === header.mentions)?.[1];
  if (announced === undefined) return { kind: "valid", mentions: [] };
  const names = new Set(announced.split(",").map(decoded));
  const mentions = normaliseMentions(verdict.message.mentions ?? []);
  return { kind: "valid", mentions: mentions.filter((name) => names.has(name)) };
}

/** A name that cannot be read is nobody's. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text).trim().toLowerCase();
  } catch {
    return "";
  }
}
