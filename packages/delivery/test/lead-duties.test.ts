import { verifies } from "@cotal/requirements";
import type { Session } from "@cotal/session";
import { createFakeClock, type FakeClock } from "@cotal/session/testing";
import { asToken, CotalError } from "@cotal/subjects";
import { describe, expect, test } from "vitest";
import { withDuties } from "../src/lead-duties.ts";

/** A session whose broker answers nothing; it tells what was asked. */
function silentSession(clock: FakeClock): { readonly session: Session; readonly asked: string[] } {
  const asked: string[] = [];
  const ask = ({ subject }: { readonly subject: string }): Promise<never> => {
    asked.push(subject);
    return Promise.reject(new CotalError("outcome-unknown", "no answer"));
  };
  const parts = { clock, log: () => undefined, apiRoot: "api", requests: { ask } };
  return { session: parts as unknown as Session, asked };
}

const space = asToken("space", "acme");
const leadership = (shard: number, signal: AbortSignal) => ({
  space,
  leadership: { shard, holder: "h", epoch: 1, signal, ready: async () => undefined },
});

describe("the duties of a leader", () => {
  test("belong to the first shard, are tried again when they fail, and end with its work", async () => {
    verifies("DLV-76", "DLV-87");
    const clock = createFakeClock();
    const { session, asked } = silentSession(clock);
    let finish: () => void = () => undefined;
    const work = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const done = withDuties(session, leadership(0, new AbortController().signal), () => work);
    await clock.advance(12_000);
    const streams = ["DM_acme", "KV_cotal_presence_acme", "TASK_acme"];
    for (const stream of streams) {
      expect(asked.filter((subject) => subject === `api.STREAM.INFO.${stream}`)).toHaveLength(3);
    }
    finish();
    await done;
    expect(clock.pending).toBe(0);
    expect(asked).toHaveLength(9);
  });

  test("leave the failure of the work to whoever has to know it, and other shards alone", async () => {
    const clock = createFakeClock();
    const { session, asked } = silentSession(clock);
    const { signal } = new AbortController();
    const failure = new CotalError("fenced", "another leads");
    const failing = (): Promise<void> => Promise.reject(failure);
    await expect(withDuties(session, leadership(0, signal), failing)).rejects.toBe(failure);
    asked.length = 0;
    await withDuties(session, leadership(1, signal), async () => undefined);
    expect(asked).toEqual([]);
    expect(clock.pending).toBe(0);
  });
});
