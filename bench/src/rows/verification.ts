import { type Channel, compileAllow, isChannelPattern } from "@cotal/subjects";
import { composeMessage, type Delivery, verifyDelivery } from "@cotal/wire";
import type { Comparison } from "../row.ts";
import { timed } from "./timed.ts";
import { asReceived, type Traffic } from "./traffic.ts";

const maxBytes = 1024 * 1024;
const differentMessages = 2000;

/** The whole check of a post without signature against reading its body and nothing else. */
export function verification(traffic: Traffic, items: number): Comparison {
  const route = {
    kind: "channel" as const,
    space: traffic.space,
    covers: compileAllow([">"].filter(isChannelPattern)),
  };
  const policy = { maxBytes, signatures: "none" as const };
  const posts = Array.from({ length: differentMessages }, () => postOf(traffic));
  const draw = (count: number) => {
    const drawn = traffic.draw(posts, count);
    const subjects = asReceived(drawn.map((post) => post.subject));
    // Written out field by field, as a receiver does: an object that is spread has a slower form.
    return drawn.map((post, at): Delivery => {
      const { bytes, headers } = fresh(post);
      return { subject: subjects[at] ?? "", headers, bytes, route, policy };
    });
  };
  return {
    title: "verifyDelivery without signature",
    rawTitle: "`JSON.parse`",
    unit: "ns",
    better: "lower",
    gate: 1.6,
    ours: () => timed(items, { draw, expected: all, run: countVerified }),
    raw: () => timed(items, { draw, expected: all, run: countParsed }),
  };
}

/** Body and headers as the client hands them over: made from the socket's bytes a moment ago. */
function fresh({ bytes, headers }: Post): Post {
  const entries = [...headers].map(([name, values]): [string, string[]] => [name, values.map(asText)]);
  return { bytes: Uint8Array.from(bytes), headers: new Map(entries) };
}

function asText(value: string): string {
  return Buffer.from(value).toString();
}

interface Post {
  readonly bytes: Uint8Array;
  readonly headers: ReadonlyMap<string, string[]>;
}

/** A post of 64 characters by one of the peers, with the headers that the client hands over. */
function postOf(traffic: Traffic): Post & { readonly subject: string } {
  const [id = traffic.newId()] = traffic.draw(traffic.ids, 1);
  const [channel = "general"] = traffic.draw<Channel>(traffic.channels, 1);
  const text = "The build is green again, the fix went in with the last merge.  ";
  const sender = { space: traffic.space, id, name: "builder" };
  const { subject, bytes, headers } = composeMessage({ channel, text }, sender, {
    now: Date.now(),
    maxBytes,
  });
  return {
    subject,
    bytes,
    headers: new Map(Object.entries(headers).map(([name, value]) => [name, [value]])),
  };
}

const all = (deliveries: readonly Delivery[]): number => deliveries.length;

function countVerified(deliveries: readonly Delivery[]): number {
  let count = 0;
  for (const delivery of deliveries) if (verifyDelivery(delivery).verdict === "ok") count++;
  return count;
}

const decoder = new TextDecoder();

/** What a raw client does with a body. */
function countParsed(deliveries: readonly Delivery[]): number {
  let count = 0;
  for (const { bytes } of deliveries) if (JSON.parse(decoder.decode(bytes)).parts.length === 1) count++;
  return count;
}
