import { CotalError } from "@cotal/subjects";
import type { Settings } from "./settings.ts";

/** The broker admits only users of accounts that the operator has signed. None of it is secret. */
export interface OperatorMode {
  readonly operatorJwt: string;
  /** The public key of the account over which accounts are changed. */
  readonly systemAccount: string;
  /** Accounts by public key, taken at the start; what the broker has of later date stays. */
  readonly accounts: Readonly<Record<string, string>>;
}

const jwtForm = /^[\w-]+\.[\w-]+\.[\w-]+$/;
const accountForm = /^A[A-Z2-7]{55}$/;

export function checkOperatorMode({ operatorJwt, systemAccount, accounts }: OperatorMode): OperatorMode {
  const fits =
    jwtForm.test(operatorJwt) &&
    Object.hasOwn(accounts, systemAccount) &&
    Object.entries(accounts).every(([key, jwt]) => accountForm.test(key) && jwtForm.test(jwt));
  if (fits) return { operatorJwt, systemAccount, accounts };
  throw new CotalError("bad-config", "the operator's tokens are not what the broker takes", {
    hint: "give the operator's token and those of all accounts by public key, the system account among them",
    data: { option: "operator" },
  });
}

/** The full resolver keeps every account on disk and takes changed ones while it runs. */
export function operatorSettings(
  { operatorJwt, systemAccount, accounts }: OperatorMode,
  folder: string,
): Settings {
  return {
    operator: operatorJwt,
    system_account: systemAccount,
    resolver: { type: "full", dir: `${folder}/accounts`, interval: "2m" },
    resolver_preload: accounts,
  };
}
