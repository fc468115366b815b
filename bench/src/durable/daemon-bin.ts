import { createEngine } from "@cotal/delivery";
import { createLink, credentialOf, noFaultPoints, silentLog, systemClock } from "@cotal/session";
import { asOwnerId, inboxPrefix } from "@cotal/subjects";
import { parseCredential } from "@cotal/wire";
import { serveCalls } from "../space/worker.ts";
import type { DaemonOrder } from "./daemon-order.ts";

let stop = async (): Promise<void> => undefined;

async function lead({ url, id, creds, apiRoot, space, shards, ingest }: DaemonOrder): Promise<void> {
  const led = new Set<number>();
  let done: () => void = () => undefined;
  let fail: (error: Error) => void = () => undefined;
  const ready = new Promise<void>((resolve, reject) => {
    done = resolve;
    fail = reject;
  });
  const engine = createEngine({
    space,
    self: { id, name: "delivery" },
    version: "0.0.0",
    ingest: (resource) => {
      const secret = ingest[resource];
      if (secret === undefined) throw new Error(`there is no secret of ${resource}`);
      return secret;
    },
    onEvent: (event) => {
      if (event.kind === "failed" || event.kind === "refused") fail(event.error);
      if (event.kind === "leads" && led.add(event.shard).size === shards) done();
    },
  });
  const link = createLink({
    clock: systemClock,
    log: silentLog,
    faults: noFaultPoints,
    credentials: async () => credentialOf(parseCredential(creds)),
    capabilities: [engine],
    dial: { servers: [url], name: "delivery", inboxPrefix: inboxPrefix(asOwnerId(id)), apiRoot },
  });
  stop = () => link.stop();
  await link.start();
  await ready;
}

serveCalls({ lead }, () => stop());
