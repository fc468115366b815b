import { ingestOfDead, ingestOfRegistry, ingestOfShard, ingestSecret } from "@cotal/trust";
import type { DurableSpace } from "../space/bench-space.ts";
import { startWorker, type Worker } from "../space/worker.ts";
import type { DaemonOrder } from "./daemon-order.ts";

/** A delivery daemon in a process of its own, under its own credential; it leads all shards. */
export async function startDaemon({ trust: { broker, mint, space } }: DurableSpace): Promise<Worker> {
  const minted = mint({ profile: "delivery", name: "delivery" });
  const shards = Array.from({ length: space.shards }, (_, shard) => shard);
  const resources = [
    ...(["members", "acl", "lease"] as const).map((registry) => ingestOfRegistry(space, registry)),
    ...shards.map((shard) => ingestOfShard(space, shard)),
    ingestOfDead(space),
  ];
  const order: DaemonOrder = {
    url: broker.url,
    id: minted.id,
    creds: minted.creds.reveal(),
    apiRoot: minted.apiRoot.reveal(),
    space: space.space,
    shards: space.shards,
    ingest: Object.fromEntries(resources.map((resource) => [resource, ingestSecret(space, resource)])),
  };
  const worker = startWorker(new URL("daemon-bin.ts", import.meta.url));
  try {
    await worker.ask("lead", order);
  } catch (error) {
    await worker[Symbol.asyncDispose]();
    throw error;
  }
  return worker;
}
