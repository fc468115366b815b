import fc from "fast-check";
import { shardFault } from "../../src/shard-fault.ts";
import { channelNames, ownerNames, rightsNames } from "./names.ts";

/** One thing that is done in a history. Owners and channels are numbers, so that it can be made smaller. */
export type Step =
  | {
      readonly kind: "publish";
      readonly by: number;
      readonly channel: number;
      readonly mentions: readonly number[];
    }
  /** Many at once, so that there is much to store when something happens. */
  | { readonly kind: "burst"; readonly by: number; readonly channel: number; readonly count: number }
  /** Asks for everything behind the last `back` posts. */
  | { readonly kind: "join"; readonly owner: number; readonly channel: number; readonly back: number }
  | { readonly kind: "leave"; readonly owner: number; readonly channel: number }
  /** By the leader. */
  | { readonly kind: "narrow"; readonly owner: number; readonly rights: number }
  /** Straight into the registry, as when there is no leader, or by a newer program. */
  | { readonly kind: "rewrite"; readonly owner: number; readonly rights: number | "unreadable" }
  | { readonly kind: "settle"; readonly owner: number }
  | { readonly kind: "retire"; readonly owner: number }
  /** Takes up to so many copies and acknowledges all of them, or all but the last. */
  | { readonly kind: "read"; readonly owner: number; readonly count: number; readonly ackAll: boolean }
  /** Waits until all that was posted is served. */
  | { readonly kind: "rest" }
  /** Stops the leader for good at its next pass of this place; `wakes`: it goes on when another leads. */
  | { readonly kind: "stop-at"; readonly point: string; readonly wakes: boolean }
  /** The leader dies where it stands, and another begins. */
  | { readonly kind: "crash" }
  /** The process that leads stands still wherever it is, until another leads. */
  | { readonly kind: "stand-still" }
  /** Another begins though nothing is wrong with the leader. */
  | { readonly kind: "usurp" }
  /** The connection of the leader is cut. */
  | { readonly kind: "cut" }
  /** The broker is killed, and goes on with what it has stored. */
  | { readonly kind: "break" }
  /** The same, and CHAT is kept as it was then. */
  | { readonly kind: "save" }
  /** The same, and CHAT is again as it was kept; so many are posted before anybody leads. */
  | { readonly kind: "restore"; readonly posts: number }
  /** With nobody leading, the oldest posts are taken from CHAT; all but `keep`. */
  | { readonly kind: "evict"; readonly keep: number };

/** The places of the code at which a leader can be stopped. */
const points: readonly string[] = Object.values(shardFault);
/** There are as many channels and rights of each history as `names.ts` has. */
const owner = fc.nat(ownerNames.length - 1);
const channel = fc.nat(channelNames(0).length - 1);
const rights = fc.nat(rightsNames(0).length - 1);

const publish = fc.record({
  kind: fc.constant("publish" as const),
  by: owner,
  channel,
  mentions: fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, fc.uniqueArray(owner, { maxLength: 3 })),
});
const join = fc.record({
  kind: fc.constant("join" as const),
  owner,
  channel,
  back: fc.constantFrom(0, 0, 1, 4),
});
const read = fc.record({
  kind: fc.constant("read" as const),
  owner,
  count: fc.integer({ min: 1, max: 20 }),
  ackAll: fc.boolean(),
});
const trouble = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("stop-at" as const),
      point: fc.constantFrom(...points),
      wakes: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: "crash" as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: "usurp" as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: "cut" as const }) },
);

/** Mostly posts and joins, some changes of rights, now and then a leader that fails. */
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 14, arbitrary: publish },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("burst" as const),
      by: owner,
      channel,
      count: fc.integer({ min: 2, max: 60 }),
    }),
  },
  { weight: 6, arbitrary: join },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("leave" as const), owner, channel }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("narrow" as const), owner, rights }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("rewrite" as const),
      owner,
      rights: fc.oneof(rights, fc.constant("unreadable" as const)),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("settle" as const), owner }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("retire" as const), owner }) },
  { weight: 4, arbitrary: read },
  { weight: 1, arbitrary: fc.constant({ kind: "rest" as const }) },
  { weight: 4, arbitrary: trouble },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("evict" as const), keep: fc.nat(3) }) },
);

/** What befalls a daemon as a whole. */
const incident: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.constant({ kind: "crash" as const }) },
  { weight: 3, arbitrary: fc.constant({ kind: "stand-still" as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: "break" as const }) },
);

/** What befalls the broker, which costs more time. */
const disaster: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.constant({ kind: "break" as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: "save" as const }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("restore" as const), posts: fc.nat(4) }) },
);

/** Rights that are taken and given again, to a member: nothing of before may come back. */
const thereAndBack: fc.Arbitrary<readonly Step[]> = fc
  .record({ owner, channel: fc.nat(1), by: owner, rights, settles: fc.boolean() })
  .map(({ owner: whose, channel: where, by, rights: fewer, settles }) => [
    { kind: "join", owner: whose, channel: where, back: 0 },
    ...(settles
      ? ([
          { kind: "rewrite", owner: whose, rights: fewer },
          { kind: "settle", owner: whose },
        ] as const)
      : ([{ kind: "narrow", owner: whose, rights: fewer }] as const)),
    { kind: "rewrite", owner: whose, rights: 0 },
    { kind: "publish", by, channel: where, mentions: [] },
  ]);

const steps: fc.Arbitrary<readonly Step[]> = fc.oneof(
  { weight: 12, arbitrary: step.map((one) => [one]) },
  { weight: 1, arbitrary: thereAndBack },
);

/** It begins with members and posts, so that there is something to go wrong. */
const beginning = fc.array(fc.oneof(join, publish), { minLength: 2, maxLength: 8 });

/** Leaders fail. */
export const anyHistory: fc.Arbitrary<readonly Step[]> = fc
  .tuple(beginning, fc.array(steps, { minLength: 4, maxLength: 30 }))
  .map(([first, rest]) => [...first, ...rest.flat()]);

/** The broker fails as well, and CHAT may be lost in part. */
export const disastrousHistory: fc.Arbitrary<readonly Step[]> = fc
  .tuple(
    beginning,
    fc.array(
      fc.oneof({ weight: 8, arbitrary: steps }, { weight: 1, arbitrary: disaster.map((one) => [one]) }),
      { minLength: 8, maxLength: 30 },
    ),
  )
  .map(([first, rest]) => [...first, { kind: "save" }, ...rest.flat()]);

/** Daemons fail, which costs the time in which the next one finds that out. */
export const daemonHistory: fc.Arbitrary<readonly Step[]> = fc
  .tuple(
    beginning,
    fc.array(
      fc.oneof({ weight: 10, arbitrary: steps }, { weight: 1, arbitrary: incident.map((one) => [one]) }),
      { minLength: 8, maxLength: 20 },
    ),
  )
  .map(([first, rest]) => [...first, ...rest.flat()]);
