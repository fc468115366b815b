import { requestApi } from "@cotal/session";
import { isOwnerId, type OwnerId, streamName } from "@cotal/subjects";
import type { ShardCore } from "./shard-core.ts";

/** Whose rights were taken back for good. */
export function isRetired({ knowledge }: Pick<ShardCore, "knowledge">, owner: OwnerId): boolean {
  const acl = knowledge.acl(owner);
  return acl.kind === "found" && acl.value.retired === true;
}

interface StreamInfo {
  readonly state: { readonly subjects?: Readonly<Record<string, number>> };
}

/** The owners of the shard that are retired and of whom something is left: nobody led when it was written. */
export async function leftOver(core: ShardCore): Promise<readonly OwnerId[]> {
  const { session, place, stream, parking, members } = core;
  const owners = new Set<string>([...(await stream.counts()).keys(), ...parking.owners()]);
  for (const name of [streamName.dead(place.space), streamName.dm(place.space)]) {
    const { state } = await requestApi<StreamInfo>(session, `STREAM.INFO.${name}`, { subjects_filter: ">" });
    // The owner stands in the same place in both.
    for (const subject of Object.keys(state.subjects ?? {})) owners.add(subject.split(".")[3] ?? "");
  }
  return [...owners].filter(isOwnerId).filter((owner) => members.isLocal(owner) && isRetired(core, owner));
}
