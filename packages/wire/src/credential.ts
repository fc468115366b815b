import { CotalError, isOwnerId, type OwnerId } from "@cotal/subjects";
import { isFields } from "./is-message.ts";
import { readJson } from "./json-body.ts";
import { type KeyPair, keyPairFromSeed } from "./key-pair.ts";

/** Proof of who dials: what the account says of a user, and the key that the user answers with. */
export interface Credential {
  readonly jwt: string;
  readonly keys: KeyPair;
  readonly id: OwnerId;
  /** In ms since 1970; absent when it never ends. */
  readonly expiresAt?: number | undefined;
}

const maxFileLength = 128 * 1024;

/** Reads the text of a `.creds` file. No error of it holds any of the text. */
export function parseCredential(text: string): Credential {
  const lines = text.length <= maxFileLength ? text.split("\n").map((line) => line.trim()) : [];
  const jwt = blockUnder("NATS USER JWT", lines);
  const seed = blockUnder("USER NKEY SEED", lines);
  if (jwt === undefined || seed === undefined) {
    throw refusal("it does not hold one user JWT and one user seed");
  }
  const keys = keyPairFromSeed(seed);
  const claims = readClaims(jwt);
  if (claims.sub !== keys.publicKey || !isOwnerId(keys.publicKey)) {
    throw refusal("its JWT and its seed belong to different users");
  }
  const expiresAt = typeof claims.exp === "number" && claims.exp > 0 ? claims.exp * 1000 : undefined;
  return { jwt, keys, id: keys.publicKey, expiresAt };
}

/** The text of a `.creds` file; it is a secret. */
export function formatCredential({ jwt, seed }: { readonly jwt: string; readonly seed: string }): string {
  return [
    "-----BEGIN NATS USER JWT-----",
    jwt,
    "------END NATS USER JWT------",
    "",
    "Secret: whoever holds the seed below is this user.",
    "",
    "-----BEGIN USER NKEY SEED-----",
    seed,
    "------END USER NKEY SEED------",
    "",
  ].join("\n");
}

/** What stands in the one block of this title; nothing when it is there twice or not to its end. */
function blockUnder(title: string, lines: readonly string[]): string | undefined {
  const headings = lines.flatMap((line, at) => (line === `-----BEGIN ${title}-----` ? [at] : []));
  const [at] = headings;
  if (headings.length !== 1 || at === undefined) return undefined;
  const [content, end] = lines.slice(at + 1, at + 3);
  return end === `------END ${title}------` ? content : undefined;
}

/** What the JWT says. Whether it is true is for the broker to check. */
function readClaims(jwt: string): Readonly<Record<string, unknown>> {
  const body = readJson(Buffer.from(jwt.split(".")[1] ?? "", "base64url"), maxFileLength);
  if (body.kind === "json" && isFields(body.value)) return body.value;
  throw refusal("its JWT cannot be read");
}

function refusal(why: string): CotalError {
  return new CotalError("bad-credential", `this is not a usable credential: ${why}`, {
    hint: "take the file as it was minted, or have it minted again",
  });
}
