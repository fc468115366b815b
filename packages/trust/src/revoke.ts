import { asOwnerId } from "@cotal/subjects";
import type { AccountBody, Seconds } from "./claims.ts";
import { longestLifeMs } from "./mint.ts";
import { amendAccount, type SpaceTrust } from "./space-trust.ts";
import { changeAccount, type SystemRequests } from "./system-requests.ts";
import { type Trust, toSeconds } from "./trust.ts";

export interface Revocation {
  readonly trust: Trust;
  readonly space: SpaceTrust;
  /** The user whose credentials are void from now on. */
  readonly id: string;
  readonly at: number;
}

/** Voids all credentials of a user at a running broker, which cuts its connections. Gives the space as it then is. */
export function revoke(system: SystemRequests, { trust, space, id, at }: Revocation): Promise<SpaceTrust> {
  return changeAccount(system, { trust, space, at, change: revocationOf(id, at) });
}

/** The same for a broker that is down; it takes the account when it starts. */
export function revokeOffline({ trust, space, id, at }: Revocation): SpaceTrust {
  return amendAccount(trust, space, { at, change: revocationOf(id, at) });
}

function revocationOf(id: string, at: number): (body: AccountBody) => AccountBody {
  asOwnerId(id);
  return (body) => {
    const { revocations = {} } = body;
    const second = toSeconds(at);
    // A credential minted after an earlier revocation may be dated one second ahead of the clock.
    const upTo = Math.max(second, (revocations[id] ?? -1) + 1);
    return { ...body, revocations: { ...pruned(revocations, second), [id]: upTo } };
  };
}

/** Without the entries whose credentials have all expired by themselves. */
function pruned(revocations: Readonly<Record<string, Seconds>>, now: Seconds): Record<string, Seconds> {
  const oldest = now - longestLifeMs / 1000;
  return Object.fromEntries(Object.entries(revocations).filter(([, second]) => second >= oldest));
}
