import { createHash } from "node:crypto";
import {
  createLink,
  noCredential,
  noFaultPoints,
  type Session,
  silentLog,
  systemClock,
} from "@cotal/session";
import { asToken, CotalError, type Token } from "@cotal/subjects";
import type { SpaceSpec } from "../src/ensure-space.ts";

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

type Reach = (name: string) => void | Promise<void>;

/** Runs with a live session and leaves nothing of its link behind. */
export async function withSession<T>(
  url: string,
  run: (session: Session) => Promise<T>,
  reach: Reach = noFaultPoints.reach,
): Promise<T> {
  const link = createLink({
    clock: systemClock,
    log: silentLog,
    faults: { reach },
    credentials: noCredential,
    capabilities: [],
    dial: { servers: [url], name: "registries test" },
  });
  try {
    return await run(await link.start({ retryFirst: true }));
  } finally {
    await link.stop();
  }
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
