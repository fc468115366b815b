export const maxJsonDepth = 64;
export const maxJsonTokens = 20_000;

const word = 0;
const space = 1;
const opening = 2;
const closing = 3;
const between = 4;
const quote = 5;

/** What a character outside of strings begins, by its code. */
const classes = new Uint8Array(128);
mark(" \t\n\r", space);
mark("[{", opening);
mark("]}", closing);
mark(",:", between);
mark('"', quote);

function mark(characters: string, kind: number): void {
  for (const character of characters) classes[character.charCodeAt(0)] = kind;
}

/**
 * True when a JSON text nests deeper or holds more tokens than is taken. It needs no parse and is
 * linear in the length. A token is a bracket, comma, colon, string, number or literal.
 */
export function exceedsJsonLimits(text: string): boolean {
  let depth = 0;
  let tokens = 0;
  for (let at = 0; at < text.length; ) {
    const kind = classAt(text, at);
    if (kind === opening) depth++;
    else if (kind === closing) depth--;
    if (kind !== space) tokens++;
    if (depth > maxJsonDepth || tokens > maxJsonTokens) return true;
    at = endOf(kind, text, at + 1);
  }
  return false;
}

function classAt(text: string, at: number): number {
  const code = text.charCodeAt(at);
  return code < 128 ? (classes[code] as number) : word;
}

/** Where the token of this kind ends whose first character stands before `next`. */
function endOf(kind: number, text: string, next: number): number {
  if (kind === quote) return stringEnd(text, next);
  return kind === word ? wordEnd(text, next) : next;
}

/** Behind the quote that closes the string; a quote behind an odd number of backslashes is part of it. */
function stringEnd(text: string, start: number): number {
  for (let from = start; ; ) {
    const end = text.indexOf('"', from);
    if (end === -1) return text.length;
    let slash = end;
    while (slash > from && text.charCodeAt(slash - 1) === 92) slash--;
    if ((end - slash) % 2 === 0) return end + 1;
    from = end + 1;
  }
}

function wordEnd(text: string, start: number): number {
  let at = start;
  while (at < text.length && classAt(text, at) === word) at++;
  return at;
}
