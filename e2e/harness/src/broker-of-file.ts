import { requestApi, type Session } from "@cotal/session";
import { afterAll, afterEach, beforeAll } from "vitest";
import { type LeakCheck, leakCheck } from "./leak-check.ts";
import { withSession } from "./link.ts";
import { startTestBroker, type TestBroker, type TestBrokerOptions } from "./test-broker.ts";

/** One broker for the tests of a file. Each of them leaves nothing behind, and its streams are removed. */
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

/** Removes all streams of an open broker. */
export async function removeStreams(session: Session): Promise<void> {
  const { streams } = await requestApi<{ readonly streams: readonly string[] | null }>(
    session,
    "STREAM.NAMES",
  );
  for (const name of streams ?? []) await requestApi(session, `STREAM.DELETE.${name}`);
}
