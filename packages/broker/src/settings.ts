/** A tree of settings in the language of nats-server's configuration file. */
export interface Settings {
  readonly [key: string]: string | number | Settings;
}

/** The text of the file. Keys are ours; every string is quoted, so that no value ends early. */
export function renderSettings(settings: Settings, indent = ""): string {
  return Object.entries(settings)
    .map(([key, value]) => `${indent}${key}${renderValue(value, indent)}\n`)
    .join("");
}

function renderValue(value: string | number | Settings, indent: string): string {
  if (typeof value === "number") return `: ${value}`;
  if (typeof value === "string") return `: ${quote(value)}`;
  return ` {\n${renderSettings(value, `${indent}  `)}${indent}}`;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones to escape
const special = /["\\\u0000-\u001f\u007f]/g;

function quote(text: string): string {
  const escaped = text.replace(special, (character) =>
    character === '"' || character === "\\"
      ? `\\${character}`
      : `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
  return `"${escaped}"`;
}
