import { setTimeout as pause } from "node:timers/promises";
import { brokerError, call, type Session } from "@cotal/session";
import { CotalError, type OwnerId, serviceName, type Token } from "@cotal/subjects";
import type { Minted } from "@cotal/trust";
import { createSigner, parseCredential } from "@cotal/wire";
import type { ShardReport } from "../../src/engine-shard.ts";
import type { Orders } from "./leader.ts";
import { space } from "./world.ts";

/** Who asks the services of the shards. */
export interface Asker {
  readonly minted: Minted;
  session(): Session;
}

export interface Askers {
  readonly operator: Asker;
  /** Each peer asks for itself. */
  peer(owner: OwnerId): Asker;
}

/** The orders of a shard as peers and operators give them: to whoever leads it, over the broker. */
export function serviceOrders(shard: number, { operator, peer }: Askers): Orders {
  const own = <T>(owner: OwnerId, op: string, args?: object): Promise<T> =>
    ask<T>(peer(owner), { service: serviceName.delivery(shard), op, args });
  const about = <T>(owner: OwnerId, op: string, args?: object): Promise<T> =>
    ask<T>(operator, { service: serviceName.deliveryAdmin(shard), op, args: { owner, ...args } });
  return {
    memberships: (owner) => own(owner, "listMemberships"),
    join: (owner, order) => own(owner, "durableJoin", order),
    leave: (owner, order) => own(owner, "durableLeave", order),
    attach: (owner, order) => own(owner, "attach", order),
    narrow: (owner, acl) => about(owner, "narrow", { acl }),
    settle: (owner) => about(owner, "settle"),
    retire: (owner) => about(owner, "retire"),
  };
}

/** What the leader of a shard says of it. */
export function shardReport(shard: number, { operator }: Askers): Promise<ShardReport> {
  return ask(operator, { service: serviceName.deliveryAdmin(shard), op: "status" });
}

interface Question {
  readonly service: Token;
  readonly op: string;
  readonly args?: object | undefined;
}

/** Without a leader for so long something is wrong. */
const patienceMs = 40_000;
const againMs = 50;
const timeoutMs = 3_000;

/** Where nobody leads nothing was done, so it is asked again. */
async function ask<T>(asker: Asker, question: Question): Promise<T> {
  for (const end = performance.now() + patienceMs; ; await pause(againMs)) {
    try {
      return await askOnce<T>(asker, question);
    } catch (error) {
      const isUnserved = error instanceof CotalError && error.code === "no-responders";
      if (!isUnserved || performance.now() > end) throw error;
    }
  }
}

async function askOnce<T>({ session, minted }: Asker, question: Question): Promise<T> {
  const live = session();
  const { keys } = parseCredential(minted.creds.reveal());
  const signer = createSigner(keys, { now: live.brokerClock.now });
  const from = { id: minted.id, name: "asker" };
  const reply = await call(live, { ...question, space, from, signer, timeoutMs }).catch((failure) => {
    throw brokerError(failure);
  });
  if (reply.ok) return reply.data as T;
  throw new CotalError(reply.error.code as CotalError["code"], reply.error.message);
}
