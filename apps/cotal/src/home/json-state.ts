/** What a file of state holds, before anything of it is believed. */
export type State = Readonly<Record<string, unknown>>;

/** `undefined` when the text is torn, or no object. */
export function stateIn(text: string): State | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as State) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
