/** Character classes as bits, indexed by char code; one table look-up tells what a character may be part of. */
const TOKEN = 1;
const BASE32 = 2;

const classes = new Uint8Array(128);
mark("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-", TOKEN);
mark("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", BASE32);

function mark(characters: string, bit: number): void {
  for (const character of characters) {
    const code = character.charCodeAt(0);
    classes[code] = (classes[code] ?? 0) | bit;
  }
}

/** True when `text[start, end)` is one or more token characters. */
export function isTokenRange(text: string, start: number, end: number): boolean {
  return start < end && allOf(text, { start, end, bit: TOKEN });
}

/** True when `text[start, end)` has the form of an nkey user public key. */
export function isOwnerRange(text: string, start: number, end: number): boolean {
  return end - start === 56 && text.charCodeAt(start) === 85 && allOf(text, { start, end, bit: BASE32 });
}

/** Where the token that begins at `start` ends: at the next dot or with the text. */
export function tokenEnd(text: string, start: number): number {
  const dot = text.indexOf(".", start);
  return dot === -1 ? text.length : dot;
}

function allOf(text: string, range: { start: number; end: number; bit: number }): boolean {
  for (let at = range.start; at < range.end; at++) {
    const code = text.charCodeAt(at);
    if (code > 127 || ((classes[code] as number) & range.bit) === 0) return false;
  }
  return true;
}
