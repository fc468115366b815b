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
  /** It changes something, and so says by --dry-run what it would change. */
  readonly changes?: true;
  /** The options by which one says whether, and how long, it waits for somebody else. */
  readonly waits?: readonly OptionName[];
  /** Without a terminal it prints JSON, one document for each thing that happens. */
  readonly streams?: boolean;
}

/** Words that several commands begin with; alone, the first of these commands is meant. */
export const families: Readonly<Record<string, string>> = {
  channels: "the channels of the space, and how they are set",
  acl: "what a peer may read and post to",
  dead: "messages that peers could not handle",
  creds: "the credentials that lie with the mesh",
};

/** Other words for commands. */
export const aliases: Readonly<Record<string, string>> = { meshes: "spaces" };

/** The commands in the order in which the help lists them. Those of a family have two words. */
export const commandTable: Readonly<Record<string, Row>> = {
  up: {
    summary: "start the mesh, or heal what is missing of it",
    load: () => import("./commands/up.ts"),
    changes: true,
  },
  down: {
    summary: "stop the mesh and its agents",
    load: () => import("./commands/down.ts"),
    changes: true,
    waits: ["drain", "timeout"],
  },
  status: { summary: "probe what runs", load: () => import("./commands/status.ts") },
  spawn: {
    summary: "start an agent, and leave it running",
    load: () => import("./commands/spawn.ts"),
    changes: true,
    waits: ["wait", "timeout"],
  },
  ps: { summary: "show the agents of this host", load: () => import("./commands/ps.ts") },
  attach: { summary: "be at the terminal of an agent", load: () => import("./commands/attach.ts") },
  input: { summary: "type a line to an agent", load: () => import("./commands/input.ts"), changes: true },
  logs: { summary: "show what an agent or a daemon has said", load: () => import("./commands/logs.ts") },
  stop: { summary: "stop an agent", load: () => import("./commands/stop.ts"), changes: true },
  restart: {
    summary: "stop an agent, and start it again",
    load: () => import("./commands/restart.ts"),
    changes: true,
    waits: ["wait", "timeout"],
  },
  rm: { summary: "retire an agent for good", load: () => import("./commands/rm.ts"), changes: true },
  send: {
    summary: "send one message to a peer, a channel or a role",
    load: () => import("./commands/send.ts"),
    changes: true,
    waits: ["waitReply", "timeout"],
  },
  join: {
    summary: "be a peer: see what arrives, and answer",
    load: () => import("./commands/join.ts"),
    streams: true,
  },
  doctor: {
    summary: "look at everything, and put right what can be",
    load: () => import("./commands/doctor.ts"),
    changes: true,
  },
  history: { summary: "show what was said in a channel", load: () => import("./commands/history.ts") },
  watch: { summary: "show what is said, as it is said", load: () => import("./commands/watch.ts") },
  who: { summary: "show who is there", load: () => import("./commands/who.ts") },
  "channels list": {
    summary: "show the channels of the space",
    load: () => import("./commands/channels/list.ts"),
  },
  "channels show": {
    summary: "show how a channel is set, and who is in it",
    load: () => import("./commands/channels/show.ts"),
  },
  "channels set": {
    summary: "set how a channel works",
    load: () => import("./commands/channels/set.ts"),
    changes: true,
  },
  "channels rm": {
    summary: "forget how a channel was set; its posts stay",
    load: () => import("./commands/channels/rm.ts"),
    changes: true,
  },
  deliver: {
    summary: "keep posts for members that are away, in the foreground",
    load: () => import("./commands/deliver.ts"),
    streams: true,
  },
  link: {
    summary: "print the link by which others join",
    load: () => import("./commands/link.ts"),
    changes: true,
  },
  mint: {
    summary: "make a peer, and the credential to hand over",
    load: () => import("./commands/mint.ts"),
    changes: true,
  },
  revoke: {
    summary: "void every credential of a peer, and cut its connections",
    load: () => import("./commands/revoke.ts"),
    changes: true,
  },
  "acl show": { summary: "show what a peer may", load: () => import("./commands/acl/show.ts") },
  "acl set": {
    summary: "give a peer other rights",
    load: () => import("./commands/acl/set.ts"),
    changes: true,
  },
  "acl narrow": {
    summary: "take rights away from a peer",
    load: () => import("./commands/acl/narrow.ts"),
    changes: true,
  },
  "acl explain": {
    summary: "name the rule that allows a peer a channel, or does not",
    load: () => import("./commands/acl/explain.ts"),
  },
  pending: {
    summary: "show how many posts wait for a peer",
    load: () => import("./commands/pending.ts"),
  },
  "dead list": {
    summary: "show what peers could not handle",
    load: () => import("./commands/dead/list.ts"),
  },
  "dead replay": {
    summary: "hand a dead letter out once more",
    load: () => import("./commands/dead/replay.ts"),
    changes: true,
  },
  "dead drop": {
    summary: "remove a dead letter for good",
    load: () => import("./commands/dead/drop.ts"),
    changes: true,
  },
  "creds list": {
    summary: "show the credentials that lie here",
    load: () => import("./commands/creds/list.ts"),
  },
  "creds renew": {
    summary: "give credentials a new life",
    load: () => import("./commands/creds/renew.ts"),
    changes: true,
  },
  manage: {
    summary: "manage the agents of this host",
    load: () => import("./commands/manage.ts"),
    streams: true,
  },
  completion: {
    summary: "print what completes command lines in a shell",
    load: () => import("./commands/completion.ts"),
  },
  complete: {
    summary: "tell a shell what a word may be",
    load: () => import("./commands/complete.ts"),
    hidden: true,
  },
  spaces: {
    summary: "show which spaces there are, and which one is meant",
    load: () => import("./commands/spaces.ts"),
  },
  use: { summary: "choose the space that is meant", load: () => import("./commands/use.ts"), changes: true },
  paths: { summary: "show where everything lies, with sizes", load: () => import("./commands/paths.ts") },
  version: { summary: "show the version of cotal", load: () => import("./commands/version.ts") },
  hold: { summary: "be the process of an agent", load: () => import("./commands/hold.ts"), hidden: true },
};

/** The commands that the help lists. */
export const listedCommands: readonly string[] = Object.keys(commandTable).filter(
  (name) => commandTable[name]?.hidden !== true,
);

/** The commands of a family, by their second words. */
export function membersOf(family: string): readonly string[] {
  if (!Object.hasOwn(families, family)) return [];
  return Object.keys(commandTable).flatMap((name) => {
    const [first, second = ""] = name.split(" ");
    return first === family ? [second] : [];
  });
}

export function rowOf(name: string): Row | undefined {
  return Object.hasOwn(commandTable, name) ? commandTable[name] : undefined;
}
