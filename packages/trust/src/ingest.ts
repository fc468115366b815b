import { createHmac } from "node:crypto";
import { asToken, bucketName, CotalError, type RegistryName, streamName, type Token } from "@cotal/subjects";
import type { Secret } from "./secret.ts";
import type { SigningKey } from "./signing-key.ts";

/** From what the secrets of a space come. */
export interface IngestKeys {
  /** All secrets are derived from it. It signs nothing, so that changing a signing key changes no stream. */
  readonly root?: SigningKey;
  /** Derived ones, by resource, where the root is not held. */
  readonly secrets: Readonly<Record<string, Secret>>;
}

/** The bucket of a registry, or the store of a shard. */
export function ingestOfRegistry({ space }: { readonly space: Token }, registry: RegistryName): string {
  return bucketName(space, registry);
}

export function ingestOfShard({ space }: { readonly space: Token }, shard: number): string {
  return streamName.delivery(space, shard);
}

export function ingestOfDead({ space }: { readonly space: Token }): string {
  return streamName.dead(space);
}

/** The token through which a resource takes its writes: 256 bits, the same whenever it is derived. */
export function ingestSecret({ ingest }: { readonly ingest: IngestKeys }, resource: string): Token {
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
