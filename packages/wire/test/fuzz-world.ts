import { createHash } from "node:crypto";
import { asChannel, asToken, type OwnerId } from "@cotal/subjects";
import { type Delivery, dedupeId, header, type Policy, type Route, signBurst } from "../src/index.ts";
import { bytesOf, headersOf, newPeer, space } from "./peers.ts";
import { now, subjectOf } from "./posts.ts";
import type { Random } from "./random.ts";

/** Something that one of the peers really published, with what it would carry where it arrives. */
export interface Genuine {
  readonly sender: OwnerId;
  /** The subject that was signed. */
  readonly subject: string;
  readonly signedAt: number;
  readonly bytes: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
}

export interface Entry {
  readonly subject: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: Uint8Array;
  readonly route: Route;
  readonly storedAt: number | undefined;
}

const peers = [newPeer(), newPeer(), newPeer()] as const;
const channels = ["team", "team.backend", "ops"].map(asChannel);
const roles = ["review", "build"].map((role) => asToken("role", role));
const otherSpace = asToken("space", "other");

export const fuzzRoutes: readonly Route[] = [
  { kind: "channel", space, covers: () => true },
  { kind: "channel", space, covers: (channel) => channel === channels[0] },
  ...peers.map(({ id }): Route => ({ kind: "dm", space, owner: id })),
  ...roles.map((role): Route => ({ kind: "anycast", space, role })),
  ...peers.map(({ id }): Route => ({ kind: "backstop", space, owner: id })),
  { kind: "channel", space: otherSpace, covers: () => true },
];

/** What every peer really sent, signed in bursts of one to four. */
export function publishSome(random: Random): Genuine[] {
  return Array.from({ length: 60 }, () => burst(random)).flat();
}

function burst(random: Random): Genuine[] {
  const { keys, id: sender } = random.pick(peers);
  const signedAt = now + random.below(300_000) - 150_000;
  const items = Array.from({ length: 1 + random.below(4) }, () => {
    const id = `m-${random.below(1e9)}`;
    const [subject, target] = aimed(random, sender);
    const parts = [
      { kind: "text", text: "some text é" },
      { kind: "data", data: { n: [1, null, "x"] } },
    ];
    const from = { id: sender, name: "ada" };
    return { subject, id, bytes: bytesOf({ id, ts: 1, space, from, ...target, mentions: ["bob"], parts }) };
  });
  const signatures = signBurst(keys, { signedAt, items });
  return items.map(({ subject, id, bytes }, at) => {
    const headers = { [header.dedupeId]: dedupeId(sender, id), ...signatures[at] };
    return { sender, subject, signedAt, bytes, headers };
  });
}

function aimed(random: Random, sender: OwnerId): [string, object] {
  const channel = random.pick(channels);
  const to = random.pick(peers).id;
  const toService = random.pick(roles);
  return random.pick<[string, object]>([
    [subjectOf({ kind: "chat", space, sender, channel }), { channel }],
    [subjectOf({ kind: "inst", space, target: to, sender }), { to }],
    [subjectOf({ kind: "svc", space, role: toService, sender }), { toService }],
  ]);
}

/** A genuine post as it arrives where it belongs: live, from its queue, or as a copy of the backstop. */
export function arrivalOf(random: Random, post: Genuine): Entry {
  const [, , kind, ...rest] = post.subject.split(".");
  const storedAt = random.rarely(2) ? undefined : post.signedAt + random.below(200_000);
  if (kind === "chat" && random.rarely(2)) return copyOf(random, post, storedAt ?? post.signedAt);
  const fitting = fuzzRoutes.filter(
    (route) =>
      route.space === space &&
      ((kind === "chat" && route.kind === "channel") ||
        (kind === "inst" && route.kind === "dm" && route.owner === rest[0]) ||
        (kind === "svc" && route.kind === "anycast" && route.role === rest[0])),
  );
  return {
    subject: post.subject,
    headers: post.headers,
    bytes: post.bytes,
    route: random.pick(fitting),
    storedAt,
  };
}

function copyOf(random: Random, post: Genuine, storedAt: number): Entry {
  const owner = random.pick(peers).id;
  const channel = post.subject.split(".").slice(4).join(".");
  const { [header.dedupeId]: _, ...signature } = post.headers;
  const headers = {
    ...signature,
    [header.copySubject]: post.subject,
    [header.copySeq]: String(random.below(1e6)),
    [header.copyStoredAt]: String(storedAt),
    [header.copyGeneration]: "1",
    [header.copyReason]: "member",
  };
  const route = { kind: "backstop", space, owner } as const;
  return {
    subject: `cotal.${space}.dlv.${owner}.${channel}`,
    headers,
    bytes: post.bytes,
    route,
    storedAt: undefined,
  };
}

export function deliveryOf({ headers, ...entry }: Entry, policy: Policy): Delivery {
  return { ...entry, headers: headersOf(headers), policy };
}

export function digestOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
