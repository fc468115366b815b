import { isOwnerId } from "@cotal/subjects";
import { Presence } from "@cotal/wire";
import { defineRegistry, type RegistryDefinition } from "./definition.ts";

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
