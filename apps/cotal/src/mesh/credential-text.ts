import { CotalError } from "@cotal/subjects";
import { type Minted, renew, type SpaceTrust } from "@cotal/trust";
import { parseCredential } from "@cotal/wire";

/** Half of the life that peers are given. */
const renewBelowMs = 12 * 3600 * 1000;

/** The credential with a new life, when less than half of it is left. */
export function renewedInTime(space: SpaceTrust, text: string, now: number): Minted | undefined {
  const { expiresAt = Number.POSITIVE_INFINITY } = parseCredential(text);
  return expiresAt - now < renewBelowMs ? renew(space, text, now) : undefined;
}

/** The key in a credential: who has it is that peer. */
export function seedIn(text: string): string {
  const [, seed] = /-----BEGIN USER NKEY SEED-----\s+(\S+)/.exec(text) ?? [];
  if (seed !== undefined) return seed;
  throw new CotalError("bad-credential", "a credential holds no seed", {
    hint: "take the file as it was minted, or have it minted again",
  });
}
