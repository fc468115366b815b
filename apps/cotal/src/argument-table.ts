import { asToken, type Token } from "@cotal/subjects";

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
} as const;

export type ArgumentName = keyof typeof argumentTable;

type ValueOf<Name extends ArgumentName> = ReturnType<(typeof argumentTable)[Name]["parse"]>;

/** The words that were given; what is required is always there. */
export type ArgumentValues<Name extends ArgumentName> = {
  readonly [Each in Name]: (typeof argumentTable)[Each]["required"] extends true
    ? ValueOf<Each>
    : ValueOf<Each> | undefined;
};

/** How it is written in a usage: `<name>`, `[text]`. */
export function usageOf(name: ArgumentName): string {
  const { placeholder, required } = argumentTable[name];
  return required ? `<${placeholder}>` : `[${placeholder}]`;
}

/** The words that stood there, in the order in which the command takes them. */
export function resolveArguments<Name extends ArgumentName>(
  names: readonly Name[],
  words: readonly (string | undefined)[],
): ArgumentValues<Name> {
  const values = names.map((name, at) => {
    const text = words[at];
    return [name, text === undefined ? undefined : argumentTable[name].parse(text)];
  });
  return Object.fromEntries(values) as ArgumentValues<Name>;
}
