import { argumentTable, usageOf } from "../../src/argument-table.ts";
import { type AnyCommand, rowOf } from "../../src/command-table.ts";
import { exampleLines } from "../../src/example-table.ts";
import { flagOf, type Option, type OptionName, optionTable, variableOf } from "../../src/option-table.ts";

/** The page on one command, from the tables that also make its help. */
export function commandPage(name: string, { definition }: AnyCommand): string {
  const { arguments: words = [], options, details } = definition;
  const usage = ["cotal", name, ...words.map(usageOf), options.length > 0 ? "[options]" : ""]
    .join(" ")
    .trim();
  const paragraphs = details.join("\n").trim();
  return [
    `# cotal ${name}`,
    "",
    `${sentence(rowOf(name)?.summary ?? "")}`,
    "",
    "```",
    usage,
    "```",
    "",
    ...(paragraphs === "" ? [] : [...details, ""]),
    ...table(
      ["word", ""],
      words.map((word) => [`\`${usageOf(word)}\``, argumentTable[word].summary]),
    ),
    ...table(["option", "variable", ""], options.map(optionRow)),
    ...examples(name),
    "Every command also takes `--space`, `--json`, `--plain`, `--quiet`, `--debug` and `--yes`.",
    "",
  ].join("\n");
}

function examples(name: string): string[] {
  const lines = exampleLines(name);
  return lines.length === 0 ? [] : ["```sh", ...lines, "```", ""];
}

/** The page that lists them. */
export function listPage(rows: readonly (readonly [name: string, summary: string])[]): string {
  const cells = rows.map(([name, summary]) => [`[\`${name}\`](${fileOf(name)})`, summary]);
  return [
    "# Commands",
    "",
    "Made from the table of options; `cotal <command> --help` says the same.",
    "",
    ...table(["command", ""], cells),
  ].join("\n");
}

export function fileOf(name: string): string {
  return `${name.replace(" ", "-")}.md`;
}

function optionRow(name: OptionName): string[] {
  const option: Option = optionTable[name];
  const value = option.kind === "flag" ? "" : ` <${option.placeholder}>`;
  const short = option.short === undefined ? "" : `-${option.short}, `;
  return [`\`${short}${flagOf(name)}${value}\``, `\`${variableOf(name)}\``, option.summary];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  if (rows.length === 0) return [];
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line), ""];
}

function sentence(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}.`;
}
