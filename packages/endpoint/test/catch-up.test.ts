import { verifies } from "@cotal/requirements";
import type { Session } from "@cotal/session";
import { asChannel } from "@cotal/subjects";
import { expect, test } from "vitest";
import type { Arrival } from "../src/arrival.ts";
import { catchUp } from "../src/catch-up.ts";
import type { PastReader, SpaceViews } from "../src/parts.ts";
import { arrivalOf, fakeCore } from "./support-receiving.ts";

const general = asChannel("general");

test("a post that was heard while the past is read is none of the past", async () => {
  verifies("ENDP-37");
  const { core } = fakeCore();
  const session = {} as Session;
  const offered: Arrival[] = [];
  const posts = ["old", "heard"].map((id, index) => ({
    accepted: arrivalOf({ id }).accepted,
    bytes: 100,
    seq: index + 1,
    storedAt: 0,
  }));
  const past: PastReader = {
    frontier: async () => 2,
    read: async () => ({ posts, from: 1, upTo: 2, whole: true, missed: false }),
  };
  const config = { v: 1, replay: true, deliveryClass: "live" } as const;
  const views = { channelConfig: () => config } as Partial<SpaceViews> as SpaceViews;
  await catchUp(
    core,
    {
      feed: {
        channel: general,
        live: true,
        watermark: undefined,
        open: () => Promise.reject(new Error("it is open")),
        advance: () => undefined,
        close: async () => undefined,
      },
      opening: {
        session,
        holds: ({ message }) => message.id === "heard",
        flow: () => undefined,
        caughtUp: () => undefined,
      },
      frontier: async () => 2,
    },
    { intake: { offer: (arrival) => offered.push(arrival) }, past, views, isHeld: () => false },
  );
  const seen = offered.map(({ accepted, source, historical }) => [accepted.message.id, source, historical]);
  expect(seen).toEqual([
    ["old", "history", true],
    ["heard", "live", false],
  ]);
});
