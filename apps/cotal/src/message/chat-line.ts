/** What a typed line of a chat asks for. */
export type ChatLine =
  | { readonly kind: "nothing" | "quit" | "help" }
  | { readonly kind: "post"; readonly text: string }
  | { readonly kind: "direct"; readonly to: string; readonly text: string };

/** A line is a post, unless it begins with a slash; two of them begin a post with one. */
export function parseChatLine(line: string): ChatLine {
  const text = line.trim();
  if (text === "") return { kind: "nothing" };
  if (text.startsWith("//")) return { kind: "post", text: text.slice(1) };
  if (!text.startsWith("/")) return { kind: "post", text };
  if (text === "/quit") return { kind: "quit" };
  const [, to, said] = /^\/to\s+(\S+)\s+(.+)$/.exec(text) ?? [];
  return to === undefined || said === undefined ? { kind: "help" } : { kind: "direct", to, text: said };
}
