import { createHash } from "node:crypto";
import { type Session, store } from "@cotal/session";
import {
  asOwnerId,
  asToken,
  CotalError,
  keySubject,
  type OwnerId,
  registryKey,
  type Token,
} from "@cotal/subjects";
import { generateSeed, publicFromSeed } from "@cotal/wire";
import type { SpaceSpec } from "../src/ensure-space.ts";
import { beatTtlMs } from "../src/presence.ts";

/** The smallest space there is; its secrets depend on the resource, as true ones do. */
export function specOf(space = "acme", extra: Partial<SpaceSpec> = {}): SpaceSpec {
  return {
    space: asToken("space", space),
    shards: 2,
    mode: "auth",
    storageBytes: 64 * 1024 ** 2,
    ingest: secretOf,
    ...extra,
  };
}

export function secretOf(resource: string): Token {
  return asToken("secret", createHash("sha256").update(resource).digest("base64url"));
}

export function newId(): OwnerId {
  return asOwnerId(publicFromSeed(generateSeed("user")));
}

/** What a promise fails with. */
export async function failureOf(promise: Promise<unknown>): Promise<CotalError> {
  const outcome = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (outcome instanceof CotalError) return outcome;
  throw new Error(`no coded failure but ${String(outcome)}`);
}

/** Says that a peer is there, as its endpoint does. */
export async function sendBeat(
  session: Session,
  { space, id }: { readonly space: Token; readonly id: OwnerId },
): Promise<void> {
  const subject = keySubject(space, "presence", registryKey.beat(id));
  await store(session, { subject, data: "", headers: { "Nats-TTL": `${beatTtlMs / 1000}s` } });
}
