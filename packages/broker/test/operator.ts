import type { OperatorMode } from "../src/operator-mode.ts";

export const [system, space] = [`A${"B".repeat(55)}`, `A${"C".repeat(55)}`] as const;

/** Of the right form, and signed by nobody. */
export const operator: OperatorMode = {
  operatorJwt: "e.o.s",
  systemAccount: system,
  accounts: { [system]: "e.s.s", [space]: "e.a.s" },
};
