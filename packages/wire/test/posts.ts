import { asChannel, type Channel, formatSubject, type OwnerId, type Subject } from "@cotal/subjects";
import {
  type Delivery,
  dedupeId,
  header,
  type Policy,
  type Route,
  type SignatureVerifier,
  signBurst,
} from "../src/index.ts";
import { alice, bob, bytesOf, headersOf, space, type TestPeer } from "./peers.ts";

export const now = 1_700_000_000_000;
export const backend: Channel = asChannel("team.backend");
export const unsignedPolicy: Policy = { maxBytes: 64 * 1024, signatures: "none" };

export const routes = {
  channel: { kind: "channel", space, covers: (channel) => channel === backend },
  dm: { kind: "dm", space, owner: bob.id },
  anycast: { kind: "anycast", space, role: space },
  backstop: { kind: "backstop", space, owner: bob.id },
} as const satisfies Readonly<Record<string, Route>>;

export const subjects = {
  channel: subjectOf({ kind: "chat", space, sender: alice.id, channel: backend }),
  dm: subjectOf({ kind: "inst", space, target: bob.id, sender: alice.id }),
  anycast: subjectOf({ kind: "svc", space, role: space, sender: alice.id }),
  backstop: subjectOf({ kind: "dlv", space, owner: bob.id, channel: backend }),
} as const;

export function subjectOf(subject: Subject): string {
  return formatSubject(subject);
}

/** A body that fits `subjects.channel`, from `sender`. */
export function messageFrom(sender: OwnerId, fields: object = {}): object {
  const from = { id: sender, name: "ada" };
  return {
    id: "m-1",
    ts: 1,
    space,
    from,
    channel: backend,
    parts: [{ kind: "text", text: "hello" }],
    ...fields,
  };
}

export interface PostOptions {
  readonly subject?: string;
  readonly route?: Route;
  readonly policy?: Policy;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly code?: number;
}

/** A post of Alice to the channel, with what a test wants otherwise. */
export function post(options: PostOptions = {}): Delivery {
  const { subject = subjects.channel, route = routes.channel, policy = unsignedPolicy } = options;
  const bytes = bytesOf(options.body ?? messageFrom(alice.id));
  const headers = headersOf(
    options.headers ?? { [header.dedupeId]: dedupeId(alice.id, "m-1") },
    options.code,
  );
  return { subject, route, policy, bytes, headers };
}

export function signedPolicy(signatures: SignatureVerifier): Policy {
  return { ...unsignedPolicy, signatures };
}

/** The headers of a signature of `peer` over what it publishes. */
export function signedBy(
  peer: TestPeer,
  item: { subject: string; body: unknown; at?: number },
): Record<string, string> {
  const items = [{ subject: item.subject, bytes: bytesOf(item.body) }];
  return signBurst(peer.keys, { signedAt: item.at ?? now, items })[0] ?? {};
}

/** The headers that the engine puts on a copy of Alice's post to the channel. */
export function copyHeaders(more: Readonly<Record<string, string>> = {}): Record<string, string> {
  return {
    [header.copySubject]: subjects.channel,
    [header.copySeq]: "42",
    [header.copyStoredAt]: String(now),
    [header.copyGeneration]: "3",
    [header.copyReason]: "member",
    ...more,
  };
}
