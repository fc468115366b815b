/** Character classes as bits; one table look-up tells what a character may be part of. */
export const inToken = 1;
export const inBase32 = 2;

export const DOT = 46;

const classes = new Uint8Array(128);
mark("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-", inToken);
mark("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", inBase32);

function mark(characters: string, bit: number): void {
  for (const character of characters) {
    const code = character.charCodeAt(0);
    classes[code] = (classes[code] ?? 0) | bit;
  }
}

/** Where the run of characters of the class `bit` that begins at `start` ends. */
export function runEnd(bit: number, text: string, start: number): number {
  let at = start;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code > 127 || ((classes[code] as number) & bit) === 0) break;
  }
  return at;
}

/** True when `text` is one or more characters of the class `bit`. */
export function isRun(bit: number, text: string): boolean {
  return text !== "" && runEnd(bit, text, 0) === text.length;
}
