import type { Session } from "@cotal/session";
import { isOwnerId, keySubject, type OwnerId, registryKey, streamName, type Token } from "@cotal/subjects";
import { Presence } from "@cotal/wire";
import { defineRegistry, type RegistryDefinition } from "./definition.ts";
import { publish } from "./registry-writer.ts";

const hourMs = 3600 * 1000;

/**
 * What each peer says about itself. Everybody writes its own record, so nothing here proves anything,
 * and a value that cannot be read leaves what was known.
 */
export const presenceRegistry: RegistryDefinition<Presence> = defineRegistry({
  registry: "presence",
  schema: Presence,
  isKey: isOwnerId,
  fits: (key, { card }) => card.id === key,
  ttlMs: hourMs,
  keepsLast: true,
});

/** How long a beat stands. Whoever is there sends the next one well before. */
export const beatTtlMs = 30_000;

/** Says that a peer is there. Nobody watches beats; who wants to know looks. */
export async function sendBeat(
  session: Session,
  { space, id }: { readonly space: Token; readonly id: OwnerId },
): Promise<void> {
  await publish(session, {
    stream: streamName.registry(space, "presence"),
    subject: keySubject(space, "presence", registryKey.beat(id)),
    data: new Uint8Array(),
    fields: { "Nats-TTL": `${beatTtlMs / 1000}s` },
  });
}
