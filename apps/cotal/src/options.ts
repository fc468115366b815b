import { CotalError, quoted } from "@cotal/subjects";
import type { Host } from "./host.ts";
import {
  flagOf,
  type Option,
  type OptionName,
  type OptionValues,
  optionTable,
  variableOf,
} from "./option-table.ts";

/** What stood on the command line: the text of a value, each text of many, `true` for a flag. */
export type GivenOptions = Readonly<Partial<Record<OptionName, Given>>>;
type Given = string | true | readonly string[];

/** The values of options: a flag counts over its variable. An empty variable is none. */
export function resolveOptions<Name extends OptionName>(
  names: readonly Name[],
  given: GivenOptions,
  env: Host["env"],
): OptionValues<Name> {
  const values = names.flatMap((name) => {
    const text = given[name] ?? (env[variableOf(name)] || undefined);
    return text === undefined ? [] : [[name, resolved(name, text)]];
  });
  return Object.fromEntries(values) as OptionValues<Name>;
}

function resolved(name: OptionName, text: Given): unknown {
  const option: Option = optionTable[name];
  if (option.kind === "value") return parsed(name, option.parse, String(text));
  if (option.kind === "values")
    return parsed(name, option.parse, typeof text === "object" ? text : [String(text)]);
  if (text === true || text === "1" || text === "true") return true;
  if (text === "0" || text === "false") return false;
  throw new CotalError("usage", `${variableOf(name)} cannot be ${quoted(String(text))}`, {
    hint: `use 1 or 0; it stands for ${flagOf(name)}`,
  });
}

/** Says which option a refused value was given for. */
function parsed<Text>(name: OptionName, parse: (text: Text) => unknown, text: Text): unknown {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof CotalError)) throw error;
    const { code, message, hint, data } = error;
    throw new CotalError(code, `${flagOf(name)}: ${message}`, {
      ...(hint !== undefined && { hint }),
      data: { ...data, option: name },
      cause: error,
    });
  }
}
