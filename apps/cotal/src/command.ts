import type { Host } from "./host.ts";
import type { commonOptions, OptionName, OptionValues } from "./option-table.ts";
import type { Outcome } from "./report/reporter.ts";

type CommonName = (typeof commonOptions)[number];

/** What is particular to a command on the command line. */
export interface Definition<Name extends OptionName> {
  readonly options: readonly Name[];
  /** What the help says below the summary. */
  readonly details: readonly string[];
}

/** One call of a command. */
export interface Call<Name extends OptionName> {
  readonly options: OptionValues<Name | CommonName>;
  readonly host: Host;
  /** Says what is being done. */
  step(text: string): void;
  /** Prints what there is already, when the command goes on; gives its exit code. */
  show(outcome: Outcome): number;
}

/** What each module in `commands/` exports. */
export interface Command<Name extends OptionName = never> {
  readonly definition: Definition<Name>;
  run(call: Call<Name>): Promise<Outcome>;
}
