import { backoffMs, type RetryPolicy, sleep } from "@cotal/session";
import { CotalError } from "@cotal/subjects";
import type { CasRegistry, Expected } from "./cas-registry.ts";
import { type Absent, type Found, known } from "./lookup.ts";

/** What shall become of a key, and what its decider has to say then. */
export type Decision<T, Answer> =
  | { readonly kind: "put"; readonly value: T; readonly answer: (revision: number) => Answer }
  | { readonly kind: "remove"; readonly answer: (revision: number) => Answer }
  | { readonly kind: "leave"; readonly answer: Answer };

export interface ChangeOptions {
  /** Also what the decision saw of other keys must still hold when it is written. */
  readonly wholeBucket?: boolean;
  readonly attempts?: number;
  readonly signal?: AbortSignal;
}

/**
 * Decides by what stands under a key and writes just that, or decides anew by what others have written
 * in between. What cannot be read is thrown, and nothing is decided.
 */
export async function change<T, Answer>(
  registry: CasRegistry<T>,
  key: string,
  decide: (standing: Found<T> | Absent) => Decision<T, Answer>,
  { wholeBucket = false, attempts = 50, signal }: ChangeOptions = {},
): Promise<Answer> {
  const wait = signal && { signal };
  for (let attempt = 1; attempt <= attempts; attempt++) {
    const seen = registry.revision;
    const standing = known(registry.get(key));
    const decision = decide(standing);
    if (decision.kind === "leave") return decision.answer;
    const expected: Expected = {
      expectedRevision: standing.revision,
      ...(wholeBucket && { expectedBucket: seen }),
    };
    const outcome =
      decision.kind === "put"
        ? await registry.put(key, decision.value, expected)
        : await registry.remove(key, expected);
    if (outcome.kind === "written") return decision.answer(outcome.revision);
    await registry.moved(seen, wait);
    await sleep(registry.clock, backoffMs(contention, attempt, Math.random()), signal);
  }
  throw new CotalError("contended", `others kept writing ${key} in between, ${attempts} times`, {
    hint: "try again when less is going on",
    data: { registry: registry.definition.registry, key, attempts },
  });
}

const contention: RetryPolicy = {
  baseMs: 5,
  capMs: 250,
  limit: { unboundedBecause: "the caller of the policy counts the attempts" },
};
