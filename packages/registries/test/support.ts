import { createHash } from "node:crypto";
import {
  type LeakCheck,
  leakCheck,
  startTestBroker,
  type TestBroker,
  type TestBrokerOptions,
} from "@cotal/harness";
import {
  type Credential,
  createLink,
  type Link,
  type Log,
  noCredential,
  noFaultPoints,
  requestApi,
  type Session,
  silentLog,
  systemClock,
} from "@cotal/session";
import { asOwnerId, asToken, CotalError, type OwnerId, type Token } from "@cotal/subjects";
import type { Minted } from "@cotal/trust";
import { connectAuthenticator, generateSeed, parseCredential, publicFromSeed } from "@cotal/wire";
import { afterAll, afterEach, beforeAll } from "vitest";
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

export function newId(): OwnerId {
  return asOwnerId(publicFromSeed(generateSeed("user")));
}

/** One broker for the tests of a file. Each of them leaves no connection, and its streams are removed. */
export function brokerOfFile(options: TestBrokerOptions = {}): () => TestBroker {
  let broker: TestBroker | undefined;
  let leaks: LeakCheck | undefined;
  const get = (): TestBroker => {
    if (!broker) throw new Error("there is no broker outside of a test");
    return broker;
  };
  beforeAll(async () => {
    broker = await startTestBroker(options);
    leaks = await leakCheck(broker);
  });
  afterEach(async () => {
    await withSession(get().url, removeStreams);
    await leaks?.assertClean();
  });
  afterAll(() => broker?.[Symbol.asyncDispose]());
  return get;
}

async function removeStreams(session: Session): Promise<void> {
  const { streams } = await requestApi<{ streams: string[] | null }>(session, "STREAM.NAMES");
  for (const name of streams ?? []) await requestApi(session, `STREAM.DELETE.${name}`);
}

type Reach = (name: string) => void | Promise<void>;

export interface LinkUse {
  readonly reach?: Reach;
  readonly as?: Minted;
  readonly log?: Log;
  /** Attached on each connection; the link lives without it. */
  readonly attach?: (session: Session) => Promise<void>;
}

export function openLink(
  url: string,
  { reach = noFaultPoints.reach, as, log = silentLog, attach }: LinkUse = {},
): Link {
  return createLink({
    clock: systemClock,
    log,
    faults: { reach },
    credentials: as ? () => credentialOf(as) : noCredential,
    capabilities: attach
      ? [{ name: "registries", required: false, attach, health: () => ({ kind: "ok" }) }]
      : [],
    dial: {
      servers: [url],
      name: "registries test",
      ...(as && { inboxPrefix: `_INBOX_${as.id}`, apiRoot: as.apiRoot.reveal() }),
    },
  });
}

function credentialOf({ id, creds }: Minted): Credential {
  return { mark: id, options: { authenticator: connectAuthenticator(parseCredential(creds.reveal())) } };
}

/** Runs with a live session and leaves nothing of its link behind. */
export async function withSession<T>(
  url: string,
  run: (session: Session) => Promise<T>,
  use?: LinkUse,
): Promise<T> {
  const link = openLink(url, use);
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
