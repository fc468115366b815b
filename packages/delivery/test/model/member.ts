import { openLink } from "@cotal/harness";
import { type Entry, type Link, readPage, type Session, store } from "@cotal/session";
import { asChannel, partition } from "@cotal/subjects";
import type { Minted } from "@cotal/trust";
import { composeMessage, verifyDelivery } from "@cotal/wire";
import type { Item } from "./facts.ts";
import { shards, space, type World } from "./world.ts";

/** A peer without any help: it posts, pulls what is kept for it, and acknowledges. */
export interface Member extends AsyncDisposable {
  readonly minted: Minted;
  readonly name: string;
  readonly shard: number;
  session(): Session;
  /** Resolves with the place of the post in CHAT. */
  publish(channel: string, mentions: readonly string[], text?: string): Promise<number>;
  /** What waits at this consumer; the last of a page is not acknowledged unless `ackAll`. */
  read(place: ReadPlace): Promise<readonly Item[]>;
}

export interface ReadPlace {
  readonly stream: string;
  readonly consumer: string;
  readonly count: number;
  readonly ackAll: boolean;
}

export async function enterMember(world: World, name: string, minted: Minted): Promise<Member> {
  const link: Link = openLink(world.fixture.broker.url, { as: minted });
  const leave = await world.attend(link);
  const session = (): Session => {
    if (!link.session) throw new Error(`${name} is not connected`);
    return link.session;
  };
  const sender = { space, id: minted.id, name };
  return {
    minted,
    name,
    shard: partition(shards, minted.id),
    session,
    publish: async (channel, mentions, text = "x") => {
      const draft = { channel, text, mentions };
      const composed = composeMessage(draft, sender, { now: Date.now(), maxBytes: 10_000 });
      const { subject, bytes: data, headers } = composed;
      return (await store(session(), { subject, data, headers })).seq;
    },
    read: async ({ stream, consumer, count, ackAll }) => {
      const { connection } = session();
      const page = await readPage(session(), { stream, consumer, batch: count, maxBytes: 1_000_000 });
      const acked = ackAll ? page : page.slice(0, -1);
      for (const { ackSubject } of acked) connection.publish(ackSubject, "+ACK");
      await connection.flush();
      return page.map((entry) => itemOf(entry, minted));
    },
    [Symbol.asyncDispose]: leave,
  };
}

/** What a receiver makes of it; whatever it would refuse must not be there. */
function itemOf({ subject, headers, data: bytes, seq: at }: Entry, { id: owner }: Minted): Item {
  const verdict = verifyDelivery({
    subject,
    headers,
    bytes,
    route: { kind: "backstop", space, owner },
    policy: { maxBytes: 100_000, signatures: "none" },
  });
  if (verdict.verdict === "gap") {
    const { channel, fromSeq, toSeq } = verdict.gap;
    return { kind: "gap", at, channel, fromSeq, toSeq };
  }
  if (verdict.verdict === "reject" || !verdict.copy || verdict.channel === undefined) {
    throw new Error(`a receiver would refuse ${subject} at ${at}: ${JSON.stringify(verdict)}`);
  }
  const { seq, generation, reason } = verdict.copy;
  const text = verdict.message.parts.map((part) => ("text" in part ? part.text : "")).join("");
  return { kind: "copy", at, seq, channel: asChannel(verdict.channel), generation, reason, text };
}
