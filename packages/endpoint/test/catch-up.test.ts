import { verifies } from "@cotal/requirements";
import type { Session } from "@cotal/session";
import { asChannel, CotalError } from "@cotal/subjects";
import { expect, test } from "vitest";
import type { Arrival } from "../src/arrival.ts";
import { type CaughtUp, catchUp } from "../src/catch-up.ts";
import type { Past, PastReader, SpaceViews } from "../src/parts.ts";
import { arrivalOf, fakeCore } from "./support-receiving.ts";

const general = asChannel("general");

/** What becomes of a feed that catches up on a session, with this frontier and this past. */
async function catchUpWith({
  frontier,
  frontierSpared = false,
  past,
  heard = [],
  isHeld = false,
  isAskedFor = false,
  mayBeHeld = false,
  watermark,
}: {
  readonly frontier: () => Promise<number>;
  readonly frontierSpared?: boolean;
  readonly past: PastReader["read"];
  readonly heard?: readonly string[];
  readonly isHeld?: boolean;
  readonly isAskedFor?: boolean;
  readonly mayBeHeld?: boolean;
  readonly watermark?: number;
}): Promise<{
  readonly caughtUp: CaughtUp;
  readonly offered: readonly Arrival[];
  readonly seen: readonly number[];
}> {
  const { core } = fakeCore();
  const offered: Arrival[] = [];
  const seen: number[] = [];
  const session = { scope: { signal: new AbortController().signal } } as Session;
  const config = { v: 1, replay: true, deliveryClass: "live" } as const;
  const views = { channelConfig: () => config } as Partial<SpaceViews> as SpaceViews;
  const caughtUp = await catchUp(
    core,
    {
      feed: {
        channel: general,
        live: true,
        watermark,
        open: () => Promise.reject(new Error("it is open")),
        advance: () => undefined,
        close: async () => undefined,
      },
      opening: {
        session,
        holds: ({ message }) => heard.includes(message.id),
        flow: () => undefined,
        caughtUp: (upTo) => seen.push(upTo),
      },
      frontier,
      frontierSpared,
      mayBeHeld,
    },
    {
      intake: { offer: (arrival) => offered.push(arrival) },
      past: { frontier, read: past },
      views,
      isHeld: () => isHeld,
      isAskedFor: () => isAskedFor,
    },
  );
  return { caughtUp, offered, seen };
}

const nothing = { posts: [], from: 1, upTo: 2, whole: true, missed: false };

test("a post that was heard while the past is read is none of the past", async () => {
  verifies("ENDP-37");
  const posts = ["old", "heard"].map((id, index) => ({
    accepted: arrivalOf({ id }).accepted,
    bytes: 100,
    seq: index + 1,
    storedAt: 0,
  }));
  const past = async (): Promise<Past> => ({ ...nothing, posts });
  const { offered } = await catchUpWith({ frontier: async () => 2, past, heard: ["heard"] });
  const seen = offered.map(({ accepted, source, historical }) => [accepted.message.id, source, historical]);
  expect(seen).toEqual([
    ["old", "history", true],
    ["heard", "live", false],
  ]);
});

test("reading begins while the frontier is on its way, and whichever fails is what the join tells", async () => {
  verifies("ENDP-37", "ENDP-41");
  let tell: (frontier: number) => void = () => undefined;
  const frontier = new Promise<number>((resolve) => {
    tell = resolve;
  });
  const reads: PastReader["read"] = async (_, { upTo }) => {
    tell(2);
    return { ...nothing, upTo: (await upTo) ?? 0 };
  };
  const both = await catchUpWith({ frontier: () => frontier, past: reads });
  expect(both).toMatchObject({ caughtUp: { count: 0, frontier: 2 }, seen: [2] });

  const denied = new CotalError("not-allowed", "no");
  const past = (): Promise<Past> => Promise.reject(denied);
  const unread = await catchUpWith({ frontier: async () => 2, past });
  expect(unread).toMatchObject({ caughtUp: { frontier: 2, error: denied }, seen: [2] });

  const waits: PastReader["read"] = async (_, { upTo }) => ({ ...nothing, upTo: (await upTo) ?? 0 });
  const unknown = await catchUpWith({ frontier: () => Promise.reject(denied), past: waits });
  expect(unknown.caughtUp).toMatchObject({ frontier: undefined, error: denied });
  expect(unknown.seen).toEqual([]);
});

test("where the frontier is spared, everything was seen as far as was read; what is not read has one", async () => {
  verifies("ENDP-37");
  const past = async (): Promise<Past> => ({ ...nothing, upTo: 5 });
  const frontier = async (): Promise<number> => 7;
  const read = await catchUpWith({ frontier, frontierSpared: true, past });
  expect([read.caughtUp, read.seen]).toEqual([{ count: 0, frontier: 5 }, [5]]);
  const held = await catchUpWith({ frontier, frontierSpared: true, past, isHeld: true });
  expect([held.caughtUp, held.seen]).toEqual([{ count: 0, frontier: 7 }, [7]]);
  const denied = new CotalError("not-allowed", "no");
  const unread = await catchUpWith({ frontier, frontierSpared: true, past: () => Promise.reject(denied) });
  expect(unread).toMatchObject({ caughtUp: { frontier: 7, error: denied }, seen: [7] });
});

test("of what comes as a copy nothing is read back, and nothing is missed", async () => {
  verifies("ENDP-35");
  const past = (): Promise<Past> => Promise.reject(new Error("it was read"));
  const { caughtUp, seen } = await catchUpWith({ frontier: async () => 7, past, isHeld: true });
  expect([caughtUp, seen]).toEqual([{ count: 0, frontier: 7 }, [7]]);
});

test("what comes as a copy as well is read back in its place, and where that is not known it is left to come", async () => {
  verifies("ENDP-35");
  const posts = [{ accepted: arrivalOf({ id: "missed" }).accepted, bytes: 100, seq: 2, storedAt: 0 }];
  const past = async (): Promise<Past> => ({ ...nothing, posts });
  const frontier = async (): Promise<number> => 2;
  const historical = async (given: object): Promise<readonly boolean[]> => {
    const { offered } = await catchUpWith({ frontier, past, watermark: 1, ...given });
    return offered.map((arrival) => arrival.historical);
  };
  expect(await historical({})).toEqual([true]);
  expect(await historical({ isAskedFor: true })).toEqual([false]);
  expect(await historical({ mayBeHeld: true })).toEqual([]);
  // What was posted before it was joined is not owed by the membership.
  expect(await historical({ isAskedFor: true, watermark: undefined })).toEqual([true]);
});
