import { CotalError } from "./error.ts";
import { quoted } from "./token.ts";

/** Requests and events of the broker's system account. An account is named by its public key; `*` stands where a right leaves it open. */
export const systemSubject = {
  updateClaims: "$SYS.REQ.CLAIMS.UPDATE",
  lookUpClaims: (account: string | "*"): string => `$SYS.REQ.ACCOUNT.${open("A", account)}.CLAIMS.LOOKUP`,
  connections: (account: string): string => `$SYS.REQ.ACCOUNT.${key("A", account)}.CONNZ`,
  connected: (account: string): string => `$SYS.ACCOUNT.${key("A", account)}.CONNECT`,
  disconnected: (account: string): string => `$SYS.ACCOUNT.${key("A", account)}.DISCONNECT`,
  kick: (server: string | "*"): string => `$SYS.REQ.SERVER.${open("N", server)}.KICK`,
} as const;

function open(kind: "A" | "N", text: string): string {
  return text === "*" ? text : key(kind, text);
}

function key(kind: "A" | "N", text: string): string {
  if (/^[A-Z2-7]{56}$/.test(text) && text.startsWith(kind)) return text;
  throw new CotalError("bad-key", `${quoted(text)} is not the public key that was needed`, {
    hint: `it is 56 letters and digits that begin with ${kind}`,
  });
}
