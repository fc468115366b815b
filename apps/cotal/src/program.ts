import type { Token } from "@cotal/subjects";
import { resolveArguments } from "./argument-table.ts";
import { catalogue } from "./catalogue.ts";
import { listedCommands, rowOf } from "./command-table.ts";
import type { Host, ProcessHost } from "./host.ts";
import { commonOptions, flagOf, type OptionName, variableOf } from "./option-table.ts";
import { resolveOptions } from "./options.ts";
import { nameIn, type Parsed, parse, withoutAlias } from "./parse.ts";
import type { Meant } from "./place/meant.ts";
import { createReporter, type Format, type Outcome, type Reporter } from "./report/reporter.ts";

/** Runs one command line; the answer is the exit code. */
export async function runProgram(args: readonly string[], host: ProcessHost): Promise<number> {
  const words = wantsVersion(args)
    ? ["version", ...args.filter((arg) => !isVersionFlag(arg))]
    : withoutAlias(args);
  const reporter = createReporter(host, early(words, host));
  const name = nameIn(words) ?? "cotal";
  try {
    return await carryOut(await parse(words), host, reporter);
  } catch (error) {
    return reporter.failure(name, error);
  }
}

async function carryOut(parsed: Parsed, process: ProcessHost, reporter: Reporter): Promise<number> {
  if (parsed.kind === "help") return reporter.outcome("help", helpOutcome(parsed.text));
  if (parsed.kind === "bare") {
    const { briefly } = await import("./commands/status.ts");
    const { host } = placed(process, undefined, reporter);
    return reporter.outcome("cotal", await briefly(host));
  }
  const { name, command, given } = parsed;
  const { definition, run } = command;
  const words = resolveArguments(definition.arguments ?? [], parsed.words);
  const options = resolveOptions<OptionName>([...commonOptions, ...definition.options], given, process.env);
  const { host, look } = placed(process, given.space === undefined ? undefined : options.space, reporter);
  const show = (outcome: Outcome): number => reporter.outcome(name, outcome);
  const outcome = await run({ options, words, host, catalogue, show, step: reporter.step });
  await look();
  return show(outcome);
}

interface Placed {
  readonly host: Host;
  /** What is amiss with the mesh that is meant; nothing where the command is about none. */
  look(): Promise<void>;
}

/** The mesh is looked for once. `flag`: the space that `--space` names. */
function placed(process: ProcessHost, flag: Token | undefined, reporter: Reporter): Placed {
  let found: Promise<Meant> | undefined;
  const look = async (): Promise<void> => {
    // What stands in the way of knowing the mesh is told by the command, if it matters to it.
    const [meant] = await Promise.allSettled([found]);
    if (meant.status === "rejected" || meant.value === undefined) return;
    const { releaseWarnings } = await import("./mesh/release-warnings.ts");
    reporter.warn(await releaseWarnings(meant.value.files));
  };
  const find = async (): Promise<Meant> => {
    const { findMeant } = await import("./place/meant.ts");
    return await findMeant(process, flag);
  };
  const meant = async (): Promise<Meant> => {
    if (found === undefined) {
      found = find();
      await look();
    }
    return await found;
  };
  const decide = (other: Meant): void => {
    found = Promise.resolve(other);
  };
  return { host: { ...process, meant, decide }, look };
}

function helpOutcome(text: string): Outcome {
  const lines = text.trimEnd().split("\n");
  return { result: { commands: listedCommands, text: lines }, lines };
}

/** How to report is known before the rest of the command line is understood, so that a refusal of it is reported likewise. */
function early(
  words: readonly string[],
  { env, stdout }: ProcessHost,
): { format: Format; quiet: boolean; debug: boolean } {
  const end = words.indexOf("--");
  const args = end === -1 ? words : words.slice(0, end);
  const streams =
    rowOf(nameIn(args) ?? "")?.streams === true && !stdout.isTerminal && !args.includes("--help");
  const has = (name: OptionName): boolean =>
    args.includes(flagOf(name)) || ["1", "true"].includes(env[variableOf(name)] ?? "");
  const text = has("plain") ? "plain" : "text";
  return { format: has("json") || streams ? "json" : text, quiet: has("quiet"), debug: has("debug") };
}

function isVersionFlag(arg: string): boolean {
  return arg === "--version" || arg === "-V";
}

/** `cotal --version`, without a command. */
function wantsVersion(args: readonly string[]): boolean {
  return nameIn(args) === undefined && args.some(isVersionFlag);
}
