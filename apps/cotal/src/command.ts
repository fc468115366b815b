import type { ArgumentName, ArgumentValues } from "./argument-table.ts";
import type { Host } from "./host.ts";
import type { commonOptions, OptionName, OptionValues } from "./option-table.ts";
import type { Outcome } from "./report/reporter.ts";

type CommonName = (typeof commonOptions)[number];

/** What is particular to a command on the command line. */
export interface Definition<Name extends OptionName, Word extends ArgumentName = never> {
  readonly options: readonly Name[];
  /** The words that it takes, in their order; the required ones come first. */
  readonly arguments?: readonly Word[];
  /** What the help says below the summary. */
  readonly details: readonly string[];
}

/** All commands, for one that speaks of the others. */
export interface Catalogue {
  /** Of those that the help lists. */
  readonly names: readonly string[];
  /** What follows the first word of a family; nothing where that is a command. */
  membersOf(first: string): readonly string[];
  /** What the command takes that these words name. */
  definitionOf(words: readonly string[]): Promise<Definition<OptionName, ArgumentName> | undefined>;
}

/** One call of a command. */
export interface Call<Name extends OptionName, Word extends ArgumentName = never> {
  readonly options: OptionValues<Name | CommonName>;
  readonly words: ArgumentValues<Word>;
  readonly host: Host;
  readonly catalogue: Catalogue;
  /** Says what is being done. */
  step(text: string): void;
  /** Prints what there is already, when the command goes on; gives its exit code. */
  show(outcome: Outcome): number;
}

/** What each module in `commands/` exports. */
export interface Command<Name extends OptionName = never, Word extends ArgumentName = never> {
  readonly definition: Definition<Name, Word>;
  run(call: Call<Name, Word>): Promise<Outcome>;
}
