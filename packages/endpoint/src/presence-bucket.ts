import { spaceTable } from "@cotal/registries";
import { requestApi, type Session } from "@cotal/session";
import { streamName, type Token } from "@cotal/subjects";

/**
 * Makes the presence bucket of an open space, where nobody else does after the broker has forgotten it.
 * Several may do so at once: what they make is the same.
 */
export async function ensurePresenceBucket(session: Session, space: Token): Promise<void> {
  const name = streamName.registry(space, "presence");
  const row = spaceTable({ space, shards: 1, mode: "open" }).find((spec) => spec.name === name);
  await requestApi(session, `STREAM.CREATE.${name}`, { name, ...row?.config });
}
