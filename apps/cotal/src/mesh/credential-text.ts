import { CotalError } from "@cotal/subjects";
import { type Minted, readJwt, renew, type SpaceTrust } from "@cotal/trust";
import { parseCredential } from "@cotal/wire";

/** The credential with a new life, when less than half of it is left. */
export function renewedInTime(space: SpaceTrust, text: string, now: number): Minted | undefined {
  return isLate(text, now) ? renew(space, text, now) : undefined;
}

/** Whether less than half of the life of a credential is left. */
export function isLate(text: string, now: number): boolean {
  const { jwt, expiresAt } = parseCredential(text);
  if (expiresAt === undefined) return false;
  const issuedAt = readJwt("user", jwt).iat * 1000;
  return expiresAt - now < (expiresAt - issuedAt) / 2;
}

/** The key in a credential: who has it is that peer. */
export function seedIn(text: string): string {
  const [, seed] = /-----BEGIN USER NKEY SEED-----\s+(\S+)/.exec(text) ?? [];
  if (seed !== undefined) return seed;
  throw new CotalError("bad-credential", "a credential holds no seed", {
    hint: "take the file as it was minted, or have it minted again",
  });
}
