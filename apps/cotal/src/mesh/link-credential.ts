import { formatCredential, parseCredential } from "@cotal/wire";
import { seedIn } from "./credential-text.ts";

/** A credential as the token of a join link: whoever holds the link is that peer. */
export function tokenOf(creds: string): string {
  return `creds.${parseCredential(creds).jwt}.${seedIn(creds)}`;
}

/** The credential that the token of a join link carries; `undefined` when it is a token of another kind. */
export function credentialInToken(token: string): string | undefined {
  const [, jwt, seed] = /^creds\.([\w-]+\.[\w-]+\.[\w-]+)\.([A-Z2-7]+)$/.exec(token) ?? [];
  return jwt === undefined || seed === undefined ? undefined : formatCredential({ jwt, seed });
}
