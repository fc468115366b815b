/** A body of so many bytes around a text of 64 characters, as somebody without an envelope would send it. */
export function rawBody(text: string, bytes: number): string {
  const body = JSON.stringify({ text, rest: "" });
  return JSON.stringify({ text, rest: "x".repeat(bytes - body.length) });
}
