import { CotalError } from "@cotal/subjects";
import { Command as Commander, CommanderError, Option as CommanderOption } from "commander";
import { argumentTable, usageOf } from "./argument-table.ts";
import { type AnyCommand, aliases, commandTable, families, membersOf, rowOf } from "./command-table.ts";
import { exampleLines } from "./example-table.ts";
import {
  commonOptions,
  flagOf,
  type Option,
  type OptionName,
  optionTable,
  variableOf,
} from "./option-table.ts";
import type { GivenOptions } from "./options.ts";

/** What a command line asks for. */
export type Parsed =
  | {
      readonly kind: "run";
      readonly name: string;
      readonly command: AnyCommand;
      readonly given: GivenOptions;
      /** What stood there beside options. */
      readonly words: readonly (string | undefined)[];
    }
  | { readonly kind: "bare" }
  | { readonly kind: "help"; readonly text: string };

/** Loads only the command that is asked for. What it does not take is refused with `usage`. */
export async function parse(args: readonly string[]): Promise<Parsed> {
  const name = nameIn(args);
  const row = rowOf(name ?? "");
  // An unknown command is refused whatever else is asked of it.
  const words =
    name !== undefined && row === undefined ? name.split(" ") : withMember(asHelpFlag(args), name);
  let parsed: Parsed | undefined;
  let text = "";
  const write = (part: string): void => {
    text += part;
  };
  const program = rootCommand(write, row === undefined ? undefined : name);
  const command = await row?.load();
  if (name !== undefined && command !== undefined) {
    describe(program, name, command).action((...handed: unknown[]) => {
      const sub = handed.at(-1) as Commander;
      parsed = { kind: "run", name, command, given: sub.optsWithGlobals(), words: sub.args };
    });
  }
  const refusal = await refusalOf(program, words);
  if (refusal === undefined || refusal.exitCode === 0) return parsed ?? { kind: "help", text };
  if (refusal.code === withoutCommand) return { kind: "bare" };
  throw usage(refusal, row === undefined ? familyIn(name) : name);
}

async function refusalOf(program: Commander, words: readonly string[]): Promise<CommanderError | undefined> {
  try {
    await program.parseAsync([...words], { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) return error;
    throw error;
  }
  return undefined;
}

/** What commander says when nothing but options stood there. */
const withoutCommand = "commander.help";

/** The same with the name that a command is listed under. */
export function withoutAlias(args: readonly string[]): readonly string[] {
  const [first = "", second = ""] = bareWords(args);
  const word = first === "help" ? second : first;
  const meant = Object.hasOwn(aliases, word) ? aliases[word] : undefined;
  return meant === undefined ? args : args.with(args.indexOf(word), meant);
}

/** The first word that is no option; for `help` the one after it. In a family the second word belongs to the name. */
export function nameIn(args: readonly string[]): string | undefined {
  const words = bareWords(args);
  const [first, second] = words[0] === "help" ? words.slice(1) : words;
  const [standard] = membersOf(first ?? "");
  return standard === undefined ? first : `${first} ${second ?? standard}`;
}

/** What is neither an option nor the value of one that every command takes. */
function bareWords(args: readonly string[]): readonly string[] {
  const valued = commonOptions.filter((name) => optionTable[name].kind !== "flag").map(flagOf);
  return args.filter((arg, at) => !arg.startsWith("-") && !valued.includes(args[at - 1] ?? ""));
}

function familyIn(name: string | undefined): string | undefined {
  const first = name?.split(" ")[0];
  return first !== undefined && Object.hasOwn(families, first) ? first : undefined;
}

/** A family alone is its first command, unless its help is asked for. */
function withMember(args: readonly string[], name: string | undefined): readonly string[] {
  const [first, second] = name?.split(" ") ?? [];
  const words = bareWords(args);
  const isHelp = args.includes("--help") || args.includes("-h");
  if (second === undefined || first === undefined || words.length > 1 || isHelp) return args;
  return args.toSpliced(args.indexOf(first) + 1, 0, second);
}

/** `help up` is `up --help`. */
function asHelpFlag(args: readonly string[]): readonly string[] {
  const at = args.indexOf(bareWords(args)[0] ?? "");
  return args[at] === "help" ? [...args.toSpliced(at, 1), "--help"] : args;
}

/** With all commands, or with the one that was named and its family. */
function rootCommand(write: (text: string) => void, named: string | undefined): Commander {
  const program = new Commander("cotal")
    .description("A mesh on which agents and other software work together as peers.")
    .exitOverride()
    .configureOutput({ writeOut: write, writeErr: () => undefined })
    .configureHelp({ showGlobalOptions: true })
    .helpCommand(false);
  for (const name of commonOptions) program.addOption(optionFor(name));
  for (const [name, { summary, hidden = false }] of Object.entries(commandTable)) {
    const [first = "", second] = name.split(" ");
    if (named !== undefined && named.split(" ")[0] !== first) continue;
    if (second === undefined) program.command(first, { hidden }).summary(summary);
    else familyOf(program, first).command(second, { hidden }).summary(summary);
  }
  return program;
}

function familyOf(program: Commander, name: string): Commander {
  const standing = program.commands.find((each) => each.name() === name);
  return (
    standing ??
    program
      .command(name)
      .summary(families[name] ?? "")
      .description(families[name] ?? "")
  );
}

/** Tells the program what one of its commands takes. */
function describe(program: Commander, name: string, { definition }: AnyCommand): Commander {
  const sub = name
    .split(" ")
    .reduce((parent, word) => parent.commands.find((each) => each.name() === word) ?? parent, program);
  for (const word of definition.arguments ?? []) {
    sub.argument(usageOf(word), argumentTable[word].summary);
  }
  for (const option of definition.options) sub.addOption(optionFor(option));
  const examples = exampleLines(name).map((line) => `  ${line}`);
  const story = examples.length === 0 ? "" : ["", "Examples:", ...examples].join("\n");
  return sub
    .description([`${sub.summary()}.`, "", ...definition.details].join("\n"))
    .addHelpText("after", story);
}

function optionFor(name: OptionName): CommanderOption {
  const option: Option = optionTable[name];
  const value = option.kind === "flag" ? "" : ` <${option.placeholder}>`;
  const short = option.short === undefined ? "" : `-${option.short}, `;
  const made = new CommanderOption(
    `${short}${flagOf(name)}${value}`,
    `${option.summary} [${variableOf(name)}]`,
  );
  if (option.kind !== "values") return made;
  return made.argParser((text, before: readonly string[] = []) => [...before, text]);
}

function usage({ message }: CommanderError, command: string | undefined): CotalError {
  const [what = "", guess] = message.replace(/^error: /, "").split("\n");
  const nearest = /Did you mean (?:one of )?(.+)\?\)$/.exec(guess ?? "")?.[1];
  const help = `cotal ${command === undefined ? "" : `${command} `}--help`;
  return new CotalError("usage", what, {
    hint: nearest === undefined ? `see ${help}` : `did you mean ${nearest}? See ${help}`,
    ...(nearest !== undefined && { data: { nearest } }),
  });
}
