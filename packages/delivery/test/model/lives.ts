import type { Fact, History, PostFact } from "./facts.ts";
import { tiesOf } from "./ties.ts";

export type Unmarked<F> = F extends unknown ? Omit<F, "frontier"> : never;

/** One CHAT, until its end is lost and its numbers begin to mean other posts. */
interface Life {
  readonly facts: Fact[];
  readonly posts: PostFact[];
  readonly begin: number;
  frontier: number;
  losses: boolean;
  lostAbove?: number;
}

interface Place {
  readonly members: readonly { readonly name: string }[];
  readonly channels: readonly string[];
}

/** What was seen of one history, told apart by the CHAT that it is about. */
export class Lives {
  readonly #lives: Life[] = [];
  #now: Life;

  constructor(frontier: number) {
    this.#now = this.#live({ facts: [], posts: [], begin: frontier, frontier, losses: false });
  }

  get histories(): readonly Omit<History, "durable">[] {
    return this.#lives;
  }

  get begin(): number {
    return this.#now.begin;
  }

  get frontier(): number {
    return this.#now.frontier;
  }

  posted(post: PostFact): void {
    this.#now.posts.push(post);
    this.#now.frontier = post.seq;
  }

  expectLosses(): void {
    this.#now.losses = true;
  }

  note(fact: Unmarked<Fact>): void {
    for (const life of this.#concerned(fact)) {
      const marked: Fact = { ...fact, frontier: life.frontier };
      life.facts.push(marked);
    }
  }

  /**
   * From now on CHAT ends at `frontier`. Whoever was tied to a channel still is, from there on, and is told of what
   * is missing; rights are what they were.
   */
  beginAnew(frontier: number, { members, channels }: Place): void {
    const before = this.#now;
    before.losses = true;
    before.lostAbove = frontier;
    const facts = before.facts
      .filter(({ kind }) => kind === "rights" || kind === "settled" || kind === "retired")
      .map((fact): Fact => ({ ...fact, frontier }));
    for (const { name: owner } of members) {
      const ties = tiesOf(before.facts.filter((fact) => fact.owner === owner));
      for (const channel of channels) {
        const tie = ties.at(channel, Number.POSITIVE_INFINITY);
        const join = { kind: "join", owner, channel, since: frontier, frontier } as const;
        if (tie.kind !== "out") facts.push({ ...join, answered: tie.kind === "in" });
        else if (ties.at(channel, frontier + 1).kind !== "out") {
          // It left behind the place that CHAT is back at; who has not passed that cannot know the posts apart.
          const { frontier: end } = before;
          facts.push(
            { ...join, answered: false },
            { kind: "leave", owner, channel, answered: true, frontier: end },
          );
        }
      }
    }
    this.#now = this.#live({ facts, posts: [], begin: frontier, frontier, losses: true });
  }

  #live(life: Life): Life {
    this.#lives.push(life);
    return life;
  }

  /** A copy is about the CHAT that its post was in; a gap names numbers that may be of any. */
  #concerned(fact: Unmarked<Fact>): readonly Life[] {
    switch (fact.kind) {
      case "join":
      case "leave":
        return [this.#now];
      case "receipt": {
        const { item } = fact;
        if (item.kind === "gap") return this.#lives;
        const life = this.#lives.find(({ posts }) => posts.some(({ text }) => text === item.text));
        return [life ?? this.#now];
      }
      default:
        return this.#lives;
    }
  }
}
