/** A text of 64 characters that says when it was made, on the clock that all processes of a machine share. */
export function stampedText(): string {
  return `${process.hrtime.bigint()}`.padEnd(64, ".");
}

/** When a text was made. */
export function stampOf(text: string): bigint {
  return BigInt(text.slice(0, text.indexOf(".")));
}
