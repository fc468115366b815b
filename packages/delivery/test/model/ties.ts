import type { Fact } from "./facts.ts";

/** Whether an owner was tied to a channel when a post came. */
export type Tie =
  | { readonly kind: "out" }
  /** An order was not answered, so one does not know. */
  | { readonly kind: "maybe" }
  /** It was, and this fact is the answer that says so. */
  | { readonly kind: "in"; readonly from: number };

export interface Ties {
  at(channel: string, seq: number): Tie;
}

/** What one owner's orders, and what was taken from it, mean for each post. */
export function tiesOf(facts: readonly Fact[]): Ties {
  const channels = new Set(facts.flatMap((fact) => ("channel" in fact ? [fact.channel] : [])));
  const lines = new Map([...channels].map((channel) => [channel, spansOf(facts, channel)]));
  return {
    at: (channel, seq) => lines.get(channel)?.findLast(({ after }) => after < seq)?.tie ?? out,
  };
}

/** What holds for all posts behind `after`, unless a later span says otherwise. */
interface Span {
  readonly after: number;
  readonly tie: Tie;
}

const out: Tie = { kind: "out" };
const maybe: Tie = { kind: "maybe" };

interface Line {
  readonly now: Tie;
  /** From where on an order without an answer may have tied it. */
  readonly doubtfulSince: number;
  /** What its rights say of the channel, as far as they can be told. */
  readonly covered: boolean;
}

function spansOf(facts: readonly Fact[], channel: string): readonly Span[] {
  const spans: Span[] = [];
  let line: Line = { now: out, doubtfulSince: 0, covered: true };
  for (const [index, fact] of facts.entries()) {
    if (fact.kind === "rights") line = { ...line, covered: fact.channels?.includes(channel) ?? line.covered };
    const made = "channel" in fact && fact.channel !== channel ? [] : spansFrom(fact, line, index);
    const last = made.at(-1);
    if (!last) continue;
    spans.push(...made);
    const isDoubt = fact.kind === "join" && last.tie.kind === "maybe";
    const doubtfulSince = isDoubt ? Math.max(line.doubtfulSince, fact.since) : 0;
    line = { ...line, now: last.tie, doubtfulSince };
  }
  return spans;
}

/** What changes with a fact; nothing for most. */
function spansFrom(fact: Fact, { now, doubtfulSince, covered }: Line, index: number): readonly Span[] {
  const { kind, frontier } = fact;
  if (kind === "join") {
    // A join that stands is answered with itself.
    if (now.kind === "in") return [];
    const { since, answered } = fact;
    if (!answered) return [{ after: Math.min(since, frontier), tie: maybe }];
    // It may be the one without an answer that is answered here, and that one may begin later.
    const tied: Span = { after: Math.max(doubtfulSince, since), tie: { kind: "in", from: index } };
    return since < doubtfulSince ? [{ after: since, tie: maybe }, tied] : [tied];
  }
  if (now.kind === "out" || kind === "receipt") return [];
  const isEnded = kind === "leave" || kind === "retired" || !covered;
  if (!isEnded) return [];
  const isSure = kind === "settled" || (kind === "rights" ? fact.settled : fact.answered);
  return [{ after: frontier, tie: isSure ? out : maybe }];
}
