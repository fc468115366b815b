/**
 * A text that steers no terminal: control characters, invisible format characters (those that turn the
 * direction of a text among them), line separators and lone surrogates stand there as `\u{1b}`. Text of
 * peers, of files and of the broker passes here before it is shown.
 */
export function printable(text: string): string {
  return text.replace(steering, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}

/** One JSON document on one line, in which the same characters stand escaped. */
export function jsonLine(value: unknown): string {
  return JSON.stringify(value).replace(steering, jsonEscape);
}

const steering = /[\p{C}\p{Zl}\p{Zp}]/gu;

function jsonEscape(character: string): string {
  return Array.from(
    { length: character.length },
    (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`,
  ).join("");
}
