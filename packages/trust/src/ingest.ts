import { createHmac } from "node:crypto";
import { asToken, bucketName, CotalError, type RegistryName, streamName, type Token } from "@cotal/subjects";
import type { SpaceTrust } from "./space-trust.ts";

/** The bucket of a registry, or the store of a shard. */
export function ingestOfRegistry({ space }: Pick<SpaceTrust, "space">, registry: RegistryName): string {
  return bucketName(space, registry);
}

export function ingestOfShard({ space }: Pick<SpaceTrust, "space">, shard: number): string {
  return streamName.delivery(space, shard);
}

/** The token through which a resource takes its writes: 256 bits, the same whenever it is derived. */
export function ingestSecret({ ingest }: SpaceTrust, resource: string): Token {
  const derived = ingest.root && derive(ingest.root.seed.reveal(), resource);
  const found = derived ?? ingest.secrets[resource]?.reveal();
  if (found !== undefined) return asToken("secret", found);
  throw new CotalError("signer-missing", `this host may not write ${resource}`, {
    hint: "run it where the keys are, or export what this host needs",
    data: { resource },
  });
}

function derive(seed: string, resource: string): string {
  return createHmac("sha256", seed).update(`cotal ingest\n${resource}\n`).digest("base64url");
}
