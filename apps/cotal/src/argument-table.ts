import {
  asChannel,
  asChannelPattern,
  asToken,
  type Channel,
  type ChannelPattern,
  CotalError,
  quoted,
  registryKey,
  type Token,
} from "@cotal/subjects";
import { type Shell, shells } from "./completion/scripts.ts";

/** Every word that a command takes beside its options; the placeholder stands for it in a help text. */
export const argumentTable = {
  agent: {
    placeholder: "name",
    summary: "how the agent is called",
    required: true,
    parse: (text: string): Token => asToken("name", text),
  },
  text: {
    placeholder: "text",
    summary: 'what to say; "-" takes it from the standard input',
    required: false,
    parse: (text: string): string => text,
  },
  link: {
    placeholder: "link",
    summary: "a join link (the mesh of this user)",
    required: false,
    parse: (text: string): string => text,
  },
  channels: {
    placeholder: "channel",
    summary: 'a channel, or a pattern such as "team.>"',
    required: true,
    parse: (text: string): ChannelPattern => asChannelPattern(text),
  },
  filter: {
    placeholder: "filter",
    summary: 'a channel, or a pattern such as "team.>" (all that your own peer may read)',
    required: false,
    parse: (text: string): ChannelPattern => asChannelPattern(text),
  },
  channel: {
    placeholder: "channel",
    summary: `a channel; ${registryKey.defaults} stands for what holds where nothing is set`,
    required: true,
    parse: (text: string): ChannelKey =>
      text === registryKey.defaults ? registryKey.defaults : asChannel(text),
  },
  peer: {
    placeholder: "peer",
    summary: "a peer, by name or id",
    required: true,
    parse: (text: string): string => text,
  },
  concrete: {
    placeholder: "channel",
    summary: "a channel",
    required: true,
    parse: (text: string): Channel => asChannel(text),
  },
  name: {
    placeholder: "name",
    summary: "whose it is (all)",
    required: false,
    parse: (text: string): Token => asToken("name", text),
  },
  who: {
    placeholder: "name",
    summary: "a peer, by name or id",
    required: false,
    parse: (text: string): string => text,
  },
  letter: {
    placeholder: "letter",
    summary: "a dead letter, as cotal dead list names it",
    required: true,
    parse: (text: string): Token => asToken("letter", text),
  },
  chosen: {
    placeholder: "space",
    summary: "the space of the mesh that is to be meant",
    required: false,
    parse: (text: string): Token => asToken("space", text),
  },
  shell: {
    placeholder: shells.join("|"),
    summary: "the shell that it is for",
    required: true,
    parse: (text: string): Shell => parseShell(text),
  },
  typed: {
    placeholder: "words",
    summary: "a command line as far as it is typed; stands behind two dashes",
    rest: true,
    parse: (texts: readonly string[]): readonly string[] => texts,
  },
  program: {
    placeholder: "program",
    summary: "what it is to run, with its arguments; stands behind two dashes",
    rest: true,
    parse: (texts: readonly string[]): readonly string[] => texts,
  },
  input: {
    placeholder: "text",
    summary: "what to type",
    required: true,
    parse: (text: string): string => text,
  },
  log: {
    placeholder: "name",
    summary: "an agent; or broker, delivery or manager",
    required: true,
    parse: (text: string): Token => asToken("name", text),
  },
} as const;

function parseShell(text: string): Shell {
  const shell = shells.find((each) => each === text);
  if (shell !== undefined) return shell;
  throw new CotalError("usage", `${quoted(text)} is no shell that is known here`, {
    hint: shells.map((each) => `cotal completion ${each}`).join(" or "),
  });
}

/** What a channel is set under. */
export type ChannelKey = Channel | typeof registryKey.defaults;

export type ArgumentName = keyof typeof argumentTable;

type ValueOf<Name extends ArgumentName> = ReturnType<(typeof argumentTable)[Name]["parse"]>;

/** The words that were given; what is required, or takes all the rest, is always there. */
export type ArgumentValues<Name extends ArgumentName> = {
  readonly [Each in Name]: (typeof argumentTable)[Each] extends { readonly required: false }
    ? ValueOf<Each> | undefined
    : ValueOf<Each>;
};

type Argument =
  | { readonly required: boolean; readonly parse: (text: string) => unknown }
  /** The last one takes all that are left. */
  | { readonly rest: true; readonly parse: (texts: readonly string[]) => unknown };

/** How it is written in a usage: `<name>`, `[text]`, `[program...]`. */
export function usageOf(name: ArgumentName): string {
  const argument = argumentTable[name];
  if ("rest" in argument) return `[${argument.placeholder}...]`;
  return argument.required ? `<${argument.placeholder}>` : `[${argument.placeholder}]`;
}

/** The words that stood there, in the order in which the command takes them. */
export function resolveArguments<Name extends ArgumentName>(
  names: readonly Name[],
  words: readonly (string | undefined)[],
): ArgumentValues<Name> {
  const values = names.map((name, at) => {
    const argument: Argument = argumentTable[name];
    if ("rest" in argument) return [name, argument.parse(words.slice(at).map(String))];
    const text = words[at];
    return [name, text === undefined ? undefined : argument.parse(text)];
  });
  return Object.fromEntries(values) as ArgumentValues<Name>;
}
