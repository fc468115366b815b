import {
  type LeakCheck,
  leakCheck,
  startTestBroker,
  type TestBroker,
  type TestBrokerOptions,
} from "@cotal/harness";
import { CotalError } from "@cotal/subjects";
import { afterAll, afterEach, beforeAll } from "vitest";
import { systemClock } from "../src/clock.ts";
import { noCredential } from "../src/dial.ts";
import { noFaultPoints } from "../src/fault-points.ts";
import { createConsumer, requestApi } from "../src/js-api.ts";
import { createLink, type Link, type LinkOptions } from "../src/link.ts";
import type { LinkState } from "../src/link-state.ts";
import { silentLog } from "../src/log.ts";
import type { Session } from "../src/session.ts";

export interface WatchedLink {
  readonly link: Link;
  readonly states: LinkState["kind"][];
  readonly faults: [label: string, error: unknown][];
}

/** One broker for the tests of a file; each of them leaves nothing behind at it or in this process. */
export function brokerOfFile(options: TestBrokerOptions = {}): () => TestBroker {
  let broker: TestBroker | undefined;
  let leaks: LeakCheck | undefined;
  beforeAll(async () => {
    broker = await startTestBroker(options);
    leaks = await leakCheck(broker);
  });
  afterEach(() => leaks?.assertClean());
  afterAll(() => broker?.[Symbol.asyncDispose]());
  return () => {
    if (!broker) throw new Error("there is no broker outside of a test");
    return broker;
  };
}

/** A link as a program would make one, with its states and faults written down. */
export function newLink(url: string, options: Partial<LinkOptions> = {}): WatchedLink {
  const states: LinkState["kind"][] = [];
  const faults: [string, unknown][] = [];
  const link = createLink({
    clock: systemClock,
    log: silentLog,
    faults: noFaultPoints,
    credentials: noCredential,
    capabilities: [],
    onState: (state) => states.push(state.kind),
    onFault: (label, error) => faults.push([label, error]),
    ...options,
    dial: { servers: [url], name: "session test", ...options.dial },
  });
  return { link, states, faults };
}

/** Runs with a live session and leaves nothing of its link behind. */
export async function withSession(
  url: string,
  run: (session: Session) => Promise<void>,
  options: Partial<LinkOptions> = {},
): Promise<void> {
  const { link } = newLink(url, options);
  try {
    await run(await link.start({ retryFirst: true }));
  } finally {
    await link.stop();
  }
}

export async function makeStream(session: Session, name: string, config: object = {}): Promise<void> {
  await requestApi(session, `STREAM.CREATE.${name}`, {
    name,
    subjects: [`${name}.>`],
    storage: "file",
    allow_direct: false,
    ...config,
  });
}

export async function makeQueue(session: Session, stream: string, ackWaitMs = 30_000): Promise<void> {
  await createConsumer(session, stream, {
    name: "queue",
    deliver_policy: "all",
    ack_policy: "explicit",
    ack_wait: ackWaitMs * 1e6,
  });
}

export async function publish(session: Session, subject: string, bodies: readonly string[]): Promise<void> {
  await Promise.all(bodies.map((body) => session.connection.request(subject, body, { timeout: 10_000 })));
}

export const textOf = ({ data }: { readonly data: Uint8Array }): string => new TextDecoder().decode(data);

/** The code with which a promise fails. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  const outcome = await promise.then(
    () => "no failure",
    (error: unknown) => (error instanceof CotalError ? error.code : String(error)),
  );
  return outcome;
}
