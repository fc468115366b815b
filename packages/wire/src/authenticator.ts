import { CotalError } from "@cotal/subjects";
import type { Credential } from "./credential.ts";

/** What the client of the broker calls with the challenge of each connect. */
export type ConnectAuthenticator = (nonce?: string) => ConnectAnswer;

export interface ConnectAnswer {
  readonly nkey: string;
  readonly sig: string;
  readonly jwt: string;
}

/** The broker's challenges are some twenty characters of base64url. */
const nonceForm = /^[A-Za-z0-9+/=_-]{1,128}$/;

/**
 * Answers a challenge with the JWT and a signature. It signs nothing that could be read as anything
 * else than a challenge: the key also signs messages, and a broker must not be able to ask for one.
 */
export function connectAuthenticator({ jwt, keys }: Credential): ConnectAuthenticator {
  return (nonce) => {
    if (nonce === undefined) return { jwt, nkey: keys.publicKey, sig: "" };
    if (!nonceForm.test(nonce)) {
      throw new CotalError("bad-nonce", "the broker sent a challenge of an unknown form", {
        hint: "check that the address is that of a nats-server; nothing was signed",
      });
    }
    const sig = Buffer.from(keys.sign(Buffer.from(nonce))).toString("base64");
    return { jwt, nkey: keys.publicKey, sig };
  };
}
