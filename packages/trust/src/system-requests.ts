import { CotalError, quoted, systemSubject } from "@cotal/subjects";
import type { AccountBody } from "./claims.ts";
import { readJwt, verifyJwt } from "./jwt.ts";
import { amendAccount, type SpaceTrust } from "./space-trust.ts";
import type { Trust } from "./trust.ts";

/** A connection of a revoker to the system account, as far as it is needed here. */
export interface SystemRequests {
  /** Publishes the payload and gives the text of the one answer; rejects when none comes. */
  request(subject: string, payload: string): Promise<string>;
}

export interface AccountChange {
  readonly at: number;
  readonly change: (body: AccountBody) => AccountBody;
}

const attempts = 3;

/**
 * Changes the account of a space at the broker and gives the space as it then is. What the broker has is
 * the truth: it is read first, so that no change of somebody else is undone, and read again afterwards,
 * because the broker keeps whatever comes last and says "updated" even to what it does not accept.
 */
export async function changeAccount(
  system: SystemRequests,
  { trust, space, at, change }: AccountChange & { readonly trust: Trust; readonly space: SpaceTrust },
): Promise<SpaceTrust> {
  for (let attempt = 1; attempt <= attempts; attempt++) {
    const changed = amendAccount(trust, await refreshSpace(system, trust, space), { at, change });
    await pushAccount(system, changed.jwt);
    if ((await lookUpAccount(system, space.account)) === changed.jwt) return changed;
  }
  throw new CotalError("fenced", `the account of the space ${space.space} keeps being changed by others`, {
    hint: "see who else holds the revoker, then try again",
  });
}

/** The space as the broker has it. Refuses what none of the operator's keys has signed. */
export async function refreshSpace(
  system: SystemRequests,
  { operator }: Trust,
  space: SpaceTrust,
): Promise<SpaceTrust> {
  const jwt = await lookUpAccount(system, space.account);
  const issuers = readJwt("operator", operator.jwt).nats.signing_keys ?? [];
  // The account never expires.
  const { sub } = verifyJwt("account", jwt, { issuers, at: 0 });
  if (sub === space.account) return { ...space, jwt };
  throw new CotalError("bad-reply", "the broker answered with another account than it was asked for");
}

/** Gives the broker the claims of an account. Connections that they no longer admit are cut by it. */
export async function pushAccount(system: SystemRequests, jwt: string): Promise<void> {
  const answer = await system.request(systemSubject.updateClaims, jwt);
  const { error, data } = readAnswer(answer);
  if (error === undefined && data !== undefined) return;
  throw new CotalError("refused", `the broker refused the claims: ${quoted(error)}`, {
    hint: "check that they belong to this broker and that it uses the full resolver",
  });
}

async function lookUpAccount(system: SystemRequests, account: string): Promise<string> {
  const jwt = await system.request(systemSubject.lookUpClaims(account), "");
  if (jwt !== "") return jwt;
  throw new CotalError("refused", "the broker does not know the account of the space", {
    hint: "push the account first, or start the broker with it",
    data: { account },
  });
}

/** What ends one connection: where to send it and what. `server` and `connection` stand in the broker's list of connections. */
export function kickRequest(of: { readonly server: string; readonly connection: number }): {
  readonly subject: string;
  readonly payload: string;
} {
  return { subject: systemSubject.kick(of.server), payload: JSON.stringify({ cid: of.connection }) };
}

function readAnswer(text: string): { readonly error?: string; readonly data?: unknown } {
  try {
    const answer = JSON.parse(text) as { error?: { description?: string }; data?: unknown } | null;
    if (answer?.error) return { error: answer.error.description ?? "without a reason" };
    return { data: answer?.data };
  } catch (cause) {
    throw new CotalError("bad-reply", "the broker's answer is not JSON", { cause });
  }
}
