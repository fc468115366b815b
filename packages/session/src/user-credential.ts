import { createHash } from "node:crypto";
import { apiRoot } from "@cotal/subjects";
import { connectAuthenticator, type Credential as UserCredential } from "@cotal/wire";
import type { Credential } from "./dial.ts";

/** What a dial needs of the credential of a user. Its mark is a hash of the token: the same token, the same mark. */
export function credentialOf(user: UserCredential): Credential {
  return {
    mark: createHash("sha256").update(user.jwt).digest("base64url"),
    options: { authenticator: connectAuthenticator(user) },
    apiRoot: apiRoot.peers,
    expiresAt: user.expiresAt,
  };
}
