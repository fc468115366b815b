import { verifies } from "@cotal/requirements";
import { generateSeed, type PresenceDigest, publicFromSeed } from "@cotal/wire";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Heard, hear, nothingHeard, windowMs } from "../src/heard.ts";
import { isLive, type PeerFacts } from "../src/liveness.ts";

const ids = Array.from({ length: 4 }, () => publicFromSeed(generateSeed("user")));
const [ada = "", bob = "", eve = ""] = ids;
const digest = (more: Partial<PresenceDigest>): PresenceDigest => ({
  v: 1,
  epoch: 1,
  version: 1,
  full: false,
  live: [],
  gone: [],
  ...more,
});
const after = (...digests: readonly (readonly [at: number, digest: Partial<PresenceDigest>])[]): Heard =>
  digests.reduce((heard, [at, each]) => hear(heard, digest(each), at), nothingHeard(0));
const facts = (id: string, at: number, more: Partial<PeerFacts> = {}): PeerFacts => ({
  id,
  said: { presence: { card: {} as never, status: "idle", ts: 0 }, at },
  ...more,
});

describe("what digests say", () => {
  test("is everybody at once, and then who came and who went", () => {
    verifies("ENDP-64");
    const heard = after(
      [10, { full: true, live: [ada, bob] }],
      [20, { version: 2, live: [eve], gone: [bob] }],
    );
    expect([...heard.live]).toEqual([ada, eve]);
    expect([...heard.goneAt]).toEqual([[bob, 20]]);
    expect(heard.extent).toEqual({ kind: "whole", since: 10 });
  });

  test("counts once and in order: what is older or of a former leader changes nothing", () => {
    verifies("ENDP-64");
    const heard = after([10, { epoch: 2, version: 5, full: true, live: [ada] }]);
    for (const late of [
      { epoch: 2, version: 5, live: [bob] },
      { epoch: 2, version: 4, full: true },
      { epoch: 1, version: 9, full: true },
      { epoch: 1, version: 9, gone: [ada] },
      { epoch: 3, version: 1, gone: [ada] },
    ]) {
      expect(hear(heard, digest(late), 11)).toBe(heard);
    }
    const silent = hear(heard, digest({ epoch: 1, full: true, live: [bob] }), 11 + windowMs);
    expect([...silent.live]).toEqual([bob]);
  });

  test("is partial from a missed version until the next full one", () => {
    verifies("ENDP-64", "ENDP-66");
    const missed = after([10, { full: true, live: [ada] }], [20, { version: 3, live: [bob] }]);
    expect(missed.extent).toEqual({ kind: "partial", since: 20 });
    const next = hear(missed, digest({ version: 4 }), 25);
    expect(next.extent).toEqual({ kind: "partial", since: 20 });
    expect(hear(next, digest({ version: 5, full: true }), 30).extent).toEqual({ kind: "whole", since: 30 });
  });
});

describe("a peer", () => {
  const heard = after([10, { full: true, live: [ada] }]);

  test("is alive by its record alone as long as nobody tells of beats", () => {
    verifies("ENDP-67");
    expect(isLive(facts(ada, 0), nothingHeard(0), 10 * windowMs)).toBe(true);
  });

  test("is offline when it says so, when its beats have ended, and when its key stays away", () => {
    verifies("ENDP-67");
    const offline = { said: { presence: { card: {} as never, status: "offline", ts: 0 }, at: 0 } } as const;
    expect(isLive(facts(ada, 0, offline), heard, 11)).toBe(false);
    expect(isLive(facts(ada, 0), hear(heard, digest({ version: 2, gone: [ada] }), 12), 12)).toBe(false);
    expect(isLive(facts(ada, 0, { lostAt: 20 }), heard, 20 + windowMs)).toBe(true);
    expect(isLive(facts(ada, 0, { lostAt: 20 }), heard, 21 + windowMs)).toBe(false);
  });

  test("that a full digest leaves out has one window of grace since it was heard of", () => {
    verifies("ENDP-67");
    const late = windowMs + 20;
    const still = hear(heard, digest({ version: 2 }), late - 1);
    expect(isLive(facts(eve, 0), still, 10 + windowMs)).toBe(true);
    expect(isLive(facts(eve, 0), still, 11 + windowMs)).toBe(false);
    expect(isLive(facts(eve, late), still, late)).toBe(true);
  });

  test("is alive again by a record after the end of its beats", () => {
    verifies("ENDP-67");
    const gone = hear(heard, digest({ version: 2, gone: [ada] }), 12);
    expect(isLive(facts(ada, 13), gone, 14)).toBe(true);
  });

  test("is judged over any history as a naive reader of that history would", () => {
    verifies("ENDP-64", "ENDP-67");
    fc.assert(
      fc.property(fc.array(event, { maxLength: 30 }), (events) => {
        let heard = nothingHeard(0);
        let now = 0;
        const told: Told[] = [];
        const saidAt = new Map<string, number>();
        for (const { waitMs, what } of events) {
          now += waitMs;
          if (what.kind === "record") saidAt.set(what.id, now);
          else {
            heard = hear(heard, what.digest, now);
            told.push({ at: now, digest: what.digest });
          }
          for (const [id, at] of saidAt) {
            expect(isLive(facts(id, at), heard, now)).toBe(naivelyLive({ id, saidAt: at, told, now }));
          }
        }
      }),
      { numRuns: 3_000 },
    );
  });
});

interface Told {
  readonly at: number;
  readonly digest: PresenceDigest;
}

const someIds = fc.subarray(ids);
const event = fc.record({
  waitMs: fc.oneof(fc.integer({ min: 1, max: 5_000 }), fc.integer({ min: 1, max: 70_000 })),
  what: fc.oneof(
    fc.record({ kind: fc.constant("record" as const), id: fc.constantFrom(...ids) }),
    fc.record({
      kind: fc.constant("digest" as const),
      digest: fc
        .record({
          epoch: fc.integer({ min: 1, max: 2 }),
          version: fc.integer({ min: 1, max: 12 }),
          full: fc.boolean(),
          live: someIds,
          gone: someIds,
        })
        .map(({ live, gone, ...rest }) =>
          digest({ ...rest, live, gone: rest.full ? [] : gone.filter((id) => !live.includes(id)) }),
        ),
    }),
  ),
});

/** Goes through everything that was told, from the beginning, and keeps what counted. */
function naivelyLive(asked: { id: string; saidAt: number; told: readonly Told[]; now: number }): boolean {
  const { id, saidAt, told, now } = asked;
  const counted: Told[] = [];
  for (const each of told) {
    const before = counted.at(-1);
    const { epoch, version, full } = each.digest;
    const isAwaited =
      before === undefined ||
      each.at - before.at > windowMs ||
      epoch > before.digest.epoch ||
      (epoch === before.digest.epoch && version > before.digest.version);
    const isFollowing = epoch === before?.digest.epoch && version > before.digest.version;
    if (full ? isAwaited : isFollowing) counted.push(each);
  }
  const verdicts = counted.flatMap(({ at, digest: { full, live, gone } }, place) => {
    if (live.includes(id)) return [{ live: true, at }];
    if (gone.includes(id)) return [{ live: false, at }];
    const wasLive = full && wasListed(counted.slice(0, place), id);
    return wasLive ? [{ live: false, at }] : [];
  });
  const verdict = verdicts.at(-1);
  if (verdict?.live === true) return true;
  if (verdict && verdict.at >= saidAt) return false;
  const last = counted.at(-1);
  if (!last || now - last.at > windowMs) return true;
  const since = wholeSince(counted);
  return since === undefined || now - Math.max(saidAt, since) <= windowMs;
}

function wasListed(before: readonly Told[], id: string): boolean {
  const last = before.findLast(
    ({ digest: { full, live, gone } }) => full || live.includes(id) || gone.includes(id),
  );
  return last?.digest.live.includes(id) === true;
}

/** The first full digest behind the last hole. */
function wholeSince(counted: readonly Told[]): number | undefined {
  const hole = counted.findLastIndex(({ digest }, place) => {
    const before = counted[place - 1]?.digest;
    return !digest.full && !(before?.epoch === digest.epoch && before.version + 1 === digest.version);
  });
  return counted.slice(hole + 1).find(({ digest }) => digest.full)?.at;
}
