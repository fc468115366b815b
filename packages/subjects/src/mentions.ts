/** Names as they are compared: trimmed, lower case, each once, in the given order, none empty. */
export function normaliseMentions(names: readonly string[]): string[] {
  const normal = names.map((name) => name.trim().toLowerCase());
  return [...new Set(normal)].filter((name) => name !== "");
}
