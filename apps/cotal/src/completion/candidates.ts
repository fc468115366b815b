import { type ArgumentName, argumentTable } from "../argument-table.ts";
import type { Definition } from "../command.ts";
import { commonOptions, flagOf, type Option, type OptionName, optionTable } from "../option-table.ts";

/** What a place of a command line takes. */
export type Wanted =
  | { readonly kind: "words"; readonly words: readonly string[] }
  /** Names that only the running mesh knows. */
  | { readonly kind: "live"; readonly of: LiveName }
  /** Anything; the shell offers files. */
  | { readonly kind: "anything" };

export type LiveName = "peer" | "channel" | "agent" | "space";

const liveArguments: Readonly<Partial<Record<ArgumentName, LiveName>>> = {
  peer: "peer",
  who: "peer",
  name: "peer",
  agent: "agent",
  channels: "channel",
  filter: "channel",
  channel: "channel",
  concrete: "channel",
  chosen: "space",
};
const liveOptions: Readonly<Partial<Record<OptionName, LiveName>>> = {
  to: "peer",
  channel: "channel",
  space: "space",
};

export interface Typed {
  readonly definition: Definition<OptionName, ArgumentName>;
  /** What stands behind the name of the command; the last one is being typed. */
  readonly words: readonly string[];
}

/** What the word that is being typed may be. */
export function wantedOf({ definition, words }: Typed): Wanted {
  const last = words.at(-1) ?? "";
  const names: readonly OptionName[] = [...definition.options, ...commonOptions];
  const before = names.find((name) => isFlagOf(name, words.at(-2)));
  const option: Option | undefined = before && optionTable[before];
  if (before !== undefined && option !== undefined && option.kind !== "flag") {
    return valueFor(liveOptions[before], option.placeholder);
  }
  if (last.startsWith("-")) return { kind: "words", words: names.map(flagOf) };
  const at = positionOf(names, words.slice(0, -1));
  const argument = definition.arguments?.[at];
  if (argument === undefined) return { kind: "anything" };
  return valueFor(liveArguments[argument], argumentTable[argument].placeholder);
}

function isFlagOf(name: OptionName, word: string | undefined): boolean {
  const { short }: Option = optionTable[name];
  return word === flagOf(name) || (short !== undefined && word === `-${short}`);
}

/** The placeholder of what takes one of a few words lists them. */
function valueFor(live: LiveName | undefined, placeholder: string): Wanted {
  if (live !== undefined) return { kind: "live", of: live };
  if (/^[\w-]+(\|[\w-]+)+$/.test(placeholder)) return { kind: "words", words: placeholder.split("|") };
  return { kind: "anything" };
}

/** How many words stand there that are neither options nor their values. */
function positionOf(names: readonly OptionName[], words: readonly string[]): number {
  return words.filter((word, at) => {
    if (word.startsWith("-")) return false;
    const before = names.find((name) => isFlagOf(name, words[at - 1]));
    return before === undefined || optionTable[before].kind === "flag";
  }).length;
}
