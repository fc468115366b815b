import type { Minted } from "../src/index.ts";

/** The seed that a credential holds, to mint another for the same user. */
export function seedIn({ creds }: Pick<Minted, "creds">): string {
  return (
    creds
      .reveal()
      .split("\n")
      .find((line) => line.startsWith("SU")) ?? ""
  );
}
