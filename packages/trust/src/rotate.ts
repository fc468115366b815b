import type { AccountBody, ServiceImport } from "./claims.ts";
import { readJwt } from "./jwt.ts";
import type { SpaceRole } from "./profile.ts";
import { newSigningKey } from "./signing-key.ts";
import { amendAccount, publicEntry, type SpaceTrust } from "./space-trust.ts";
import { changeAccount, type SystemRequests } from "./system-requests.ts";
import { createSystem, heldKey, signOperator, type Trust } from "./trust.ts";

export interface Rotation {
  readonly trust: Trust;
  readonly space: SpaceTrust;
  readonly role: SpaceRole;
  /** What the old key signed stays valid until the next rotation without this. */
  readonly keepOld: boolean;
  readonly at: number;
}

/** Puts a new signing key in the place of one. Unless the old is kept, whoever it signed for is cut off. */
export async function rotateKey(system: SystemRequests, rotation: Rotation): Promise<SpaceTrust> {
  const { trust, space, role, at } = rotation;
  const key = newSigningKey("account");
  const change = replacing(rotation, key.publicKey);
  const changed = await changeAccount(system, { trust, space, at, change });
  return { ...changed, keys: { ...space.keys, [role]: key } };
}

function replacing({ space, role, keepOld }: Rotation, key: string): (body: AccountBody) => AccountBody {
  return (body) => {
    const others = (body.signing_keys ?? []).filter(
      (entry) => keepOld || role !== (typeof entry === "string" ? "tools" : entry.role),
    );
    return { ...body, signing_keys: [publicEntry(role, key, space), ...others] };
  };
}

/** The API of the streams belongs to the system account, of which there is a new one. */
function doorsTo(account: string, { imports = [] }: AccountBody): readonly ServiceImport[] {
  return imports.map((door) => ({ ...door, account }));
}

/** What the broker is started with after the operator's own keys have changed. */
export interface NewTrust {
  readonly trust: Trust;
  readonly spaces: readonly SpaceTrust[];
}

/**
 * Replaces the operator's signing key and the system account with its keys, and signs every space anew.
 * Needs the operator's identity key, and the broker to be started again.
 */
export function rotateOperator({ trust, spaces }: NewTrust, at: number): NewTrust {
  const identity = heldKey(trust.operator.identity, "operator's identity key");
  const { name } = readJwt("operator", trust.operator.jwt);
  const signing = newSigningKey("operator");
  const system = createSystem(signing, at);
  const jwt = signOperator({ name, identity, signing, system }, at);
  const renewed: Trust = { operator: { jwt, identity, signing }, system };
  return {
    trust: renewed,
    spaces: spaces.map((space) =>
      amendAccount(renewed, space, {
        at,
        change: (body) => ({ ...body, imports: doorsTo(system.account, body) }),
      }),
    ),
  };
}
