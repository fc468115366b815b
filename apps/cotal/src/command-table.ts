import type { Command } from "./command.ts";
import type { OptionName } from "./option-table.ts";

export interface Row {
  readonly summary: string;
  /** Loads the command and what it needs; nothing of it is loaded before. */
  readonly load: () => Promise<Command<OptionName>>;
}

/** The commands in the order in which the help lists them. */
export const commandTable: Readonly<Record<string, Row>> = {
  up: { summary: "start the mesh, or heal what is missing of it", load: () => import("./commands/up.ts") },
  down: { summary: "stop the mesh", load: () => import("./commands/down.ts") },
  status: { summary: "probe what runs", load: () => import("./commands/status.ts") },
  paths: { summary: "show where everything lies, with sizes", load: () => import("./commands/paths.ts") },
  version: { summary: "show the version of cotal", load: () => import("./commands/version.ts") },
};

export function rowOf(name: string): Row | undefined {
  return Object.hasOwn(commandTable, name) ? commandTable[name] : undefined;
}
