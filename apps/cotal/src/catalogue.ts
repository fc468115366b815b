import type { Catalogue } from "./command.ts";
import { listedCommands, membersOf, rowOf } from "./command-table.ts";
import { nameIn } from "./parse.ts";

/** What this program has. */
export const catalogue: Catalogue = {
  names: listedCommands,
  membersOf,
  definitionOf: async (words) => (await rowOf(nameIn(words) ?? "")?.load())?.definition,
};
