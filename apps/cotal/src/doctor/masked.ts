/**
 * A text without what opens anything: keys, tokens, and the secret parts of subjects, which the log of the
 * broker may name.
 */
export function masked(text: string): string {
  return text
    .replace(/\bS[A-Z][A-Z2-7]{40,}\b/g, "(key)")
    .replace(/\beyJ[\w-]+(?:\.[\w-]+)*/g, "(token)")
    .replace(/\b(in|adm)\.[\w-]{20,}/g, "$1.(secret)");
}
