import type { Endpoint } from "@cotal/endpoint";
import { type Channel, CotalError, isOwnerId, type OwnerId, type Token } from "@cotal/subjects";
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
  const resolution = endpoint.resolve(to);
  // An id means itself, also when nobody is known by it; not one that is no more.
  const isItself = isOwnerId(to) && !(resolution.kind === "unknown" && resolution.retired === true);
  const id = isItself ? to : (resolved(resolution, to).id as OwnerId);
  return { kind: "peer", to, id };
}
