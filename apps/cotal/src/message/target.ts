import type { Endpoint } from "@cotal/endpoint";
import { type Channel, CotalError, isOwnerId, type OwnerId, quoted, type Token } from "@cotal/subjects";
import { resolved } from "../mesh/find-peer.ts";

/** Where a message is to go, as it was asked for. */
export type Wish =
  | { readonly kind: "channel"; readonly channel: Channel }
  | { readonly kind: "role"; readonly role: Token }
  /** A name, or an id. */
  | { readonly kind: "peer"; readonly to: string };

/** Where it goes. */
export type Target =
  | Exclude<Wish, { readonly kind: "peer" }>
  | { readonly kind: "peer"; readonly to: string; readonly id: OwnerId };

export interface TargetOptions {
  readonly channel?: Channel;
  readonly to?: string;
  readonly role?: Token;
}

export function wishOf({ channel, to, role }: TargetOptions): Wish {
  const wishes: Wish[] = [
    ...(channel === undefined ? [] : [{ kind: "channel", channel } as const]),
    ...(to === undefined ? [] : [{ kind: "peer", to } as const]),
    ...(role === undefined ? [] : [{ kind: "role", role } as const]),
  ];
  const [wish] = wishes;
  if (wish !== undefined && wishes.length === 1) return wish;
  throw new CotalError("usage", "it has to be said where it goes, once", {
    hint: "use one of -c <channel>, -t <peer> and -r <role>",
  });
}

/** Whom a name means to somebody who looks around. */
export function targetOf(wish: Wish, endpoint: Pick<Endpoint, "resolve">): Target {
  if (wish.kind !== "peer") return wish;
  const { to } = wish;
  const id = isOwnerId(to) ? to : (resolved(endpoint.resolve(to), to).id as OwnerId);
  return { kind: "peer", to, id };
}

/** Inside an agent names cannot be looked up: the agent itself reads the directory, and one at a time may. */
export function plainTarget(wish: Wish): Target {
  if (wish.kind !== "peer") return wish;
  if (isOwnerId(wish.to)) return { ...wish, id: wish.to };
  throw new CotalError("usage", `inside an agent ${quoted(wish.to)} cannot be looked up`, {
    hint: "use the id of the peer; a reply goes to the sender of the message",
  });
}
