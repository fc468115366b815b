import type { ArgumentName } from "./argument-table.ts";
import type { Command } from "./command.ts";
import type { OptionName } from "./option-table.ts";

/** Any of the commands. */
export type AnyCommand = Command<OptionName, ArgumentName>;

export interface Row {
  readonly summary: string;
  /** Loads the command and what it needs; nothing of it is loaded before. */
  readonly load: () => Promise<AnyCommand>;
  /** Programs of cotal itself call it; the help does not list it. */
  readonly hidden?: boolean;
  /** Without a terminal it prints JSON, one document for each thing that happens. */
  readonly streams?: boolean;
}

/** The commands in the order in which the help lists them. */
export const commandTable: Readonly<Record<string, Row>> = {
  up: { summary: "start the mesh, or heal what is missing of it", load: () => import("./commands/up.ts") },
  down: { summary: "stop the mesh and its agents", load: () => import("./commands/down.ts") },
  status: { summary: "probe what runs", load: () => import("./commands/status.ts") },
  spawn: { summary: "start an agent, and leave it running", load: () => import("./commands/spawn.ts") },
  send: {
    summary: "send one message to a peer, a channel or a role",
    load: () => import("./commands/send.ts"),
  },
  join: {
    summary: "be a peer: see what arrives, and answer",
    load: () => import("./commands/join.ts"),
    streams: true,
  },
  paths: { summary: "show where everything lies, with sizes", load: () => import("./commands/paths.ts") },
  version: { summary: "show the version of cotal", load: () => import("./commands/version.ts") },
  hold: { summary: "be the process of an agent", load: () => import("./commands/hold.ts"), hidden: true },
};

/** The commands that the help lists. */
export const listedCommands: readonly string[] = Object.keys(commandTable).filter(
  (name) => commandTable[name]?.hidden !== true,
);

export function rowOf(name: string): Row | undefined {
  return Object.hasOwn(commandTable, name) ? commandTable[name] : undefined;
}
