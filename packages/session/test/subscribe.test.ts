import { createMemoryBroker, openLink } from "@cotal/harness";
import { verifies } from "@cotal/requirements";
import { expect, test } from "vitest";
import { systemClock } from "../src/clock.ts";
import { flush } from "../src/flush.ts";
import { readPage } from "../src/page.ts";
import { subscribe } from "../src/subscribe.ts";

test("whoever waits for the broker's word learns that the connection is lost", async () => {
  verifies("SESS-19");
  const broker = createMemoryBroker(systemClock);
  await using link = openLink(broker.url, { transport: broker.transport });
  const session = await link.start();
  broker.weather.isDeaf = true;
  const lost = { code: "connection-lost" };
  const both = Promise.all([
    expect(subscribe(session, { subject: "anything", onMessage: () => undefined })).rejects.toMatchObject(
      lost,
    ),
    expect(flush(session)).rejects.toMatchObject(lost),
  ]);
  broker.cut();
  await both;
});

test("what is begun on a connection that has ended says so with a code", async () => {
  verifies("SESS-18");
  const broker = createMemoryBroker(systemClock);
  await using link = openLink(broker.url, { transport: broker.transport });
  const session = await link.start();
  await session.connection.close();
  const lost = { code: "connection-lost" };
  const page = { stream: "any", consumer: "any", batch: 1, maxBytes: 1_000 };
  await expect(subscribe(session, { subject: "any", onMessage: () => undefined })).rejects.toMatchObject(
    lost,
  );
  await expect(readPage(session, page)).rejects.toMatchObject(lost);
});
