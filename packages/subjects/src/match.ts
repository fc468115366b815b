import type { Channel, ChannelPattern } from "./channel.ts";

/**
 * The rule of the wildcards, for subjects and for channels alike: `*` stands for exactly one
 * token, a final `>` for one or more. Tokens are compared literally.
 */
export function subjectMatches(pattern: string, subject: string): boolean {
  const wanted = pattern.split(".");
  const given = subject.split(".");
  const rest = wanted.at(-1) === ">";
  if (rest ? given.length < wanted.length : given.length !== wanted.length) return false;
  const fixed = rest ? wanted.length - 1 : wanted.length;
  return given.every((token, at) => at >= fixed || wanted[at] === "*" || wanted[at] === token);
}

/**
 * True when every channel that `inner` matches is matched by `outer`. Read as a subject, `inner` shows just
 * that: no literal of `outer` takes its `*`, and its `>` needs one on the other side.
 */
export function patternCovers(outer: ChannelPattern, inner: ChannelPattern): boolean {
  return (outer.endsWith(">") || !inner.endsWith(">")) && subjectMatches(outer, inner);
}

/** One check of one channel; for many checks of one list use `compileAllow`. */
export function channelInAllow(allow: readonly ChannelPattern[], channel: Channel): boolean {
  return allow.some((pattern) => subjectMatches(pattern, channel));
}

/** The list without repetitions and without what another entry covers, in the given order. */
export function collapsePatterns(list: readonly ChannelPattern[]): ChannelPattern[] {
  const distinct = [...new Set(list)];
  return distinct.filter(
    (inner) => !distinct.some((outer) => outer !== inner && patternCovers(outer, inner)),
  );
}
