import { bucketName, streamName, type Token } from "@cotal/subjects";
import { shardNumbers, space, type World } from "./world.ts";

/** Under what each store takes its writes, for another process. */
export type Secrets = Readonly<Record<string, Token>>;

export function secretsOf({ ingest }: Pick<World, "ingest">): Secrets {
  const stores = [
    bucketName(space, "members"),
    bucketName(space, "acl"),
    bucketName(space, "lease"),
    streamName.dead(space),
    ...shardNumbers.map((shard) => streamName.delivery(space, shard)),
  ];
  return Object.fromEntries(stores.map((store) => [store, ingest(store)]));
}

/** The other way round. */
export function ingestFrom(secrets: Secrets): World["ingest"] {
  return (resource) => {
    const found = secrets[resource];
    if (found === undefined) throw new Error(`there is no secret of ${resource}`);
    return found;
  };
}
