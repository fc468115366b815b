import {
  eventually,
  openLink,
  provisionAgent,
  type SpaceBroker,
  startSpaceBroker,
  withSession,
} from "@cotal/harness";
import { setUpSpace } from "@cotal/registries";
import { verifies } from "@cotal/requirements";
import {
  createConsumer,
  pump,
  readPage,
  requestApi,
  type Session,
  sleep,
  store,
  systemClock,
} from "@cotal/session";
import {
  asToken,
  CotalError,
  consumerName,
  formatPattern,
  formatSubject,
  type OwnerId,
  streamName,
  type Token,
} from "@cotal/subjects";
import { ingestSecret, type Minted } from "@cotal/trust";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createTrimmer, type Trimmer } from "../src/trimmer.ts";

const space: Token = asToken("space", "acme");
const MiB = 1024 ** 2;
const dm = streamName.dm(space);
let fixture: SpaceBroker;
beforeAll(async () => {
  fixture = await startSpaceBroker();
  await as("setup", async (session, id) => {
    const ingest = (resource: string): Token => ingestSecret(fixture.space, resource);
    const spec = { space, shards: 2, mode: "auth", storageBytes: 64 * 1024 ** 2, ingest } as const;
    await setUpSpace(session, { spec, id, version: "0.0.0" });
  });
});
afterAll(() => fixture[Symbol.asyncDispose]());

function as<T>(
  profile: "setup" | "delivery",
  run: (session: Session, id: OwnerId) => Promise<T>,
): Promise<T> {
  const minted = fixture.mint({ profile, name: "tool" });
  return withSession(fixture.broker.url, (session) => run(session, minted.id), { as: minted });
}

const agent = (name: string, role?: string): Promise<Minted> =>
  provisionAgent(fixture, { profile: "agent", name, ...(role !== undefined && { role }) });

interface State {
  readonly config: Record<string, unknown>;
  readonly state: {
    readonly messages: number;
    readonly bytes: number;
    readonly subjects?: Record<string, number>;
  };
}

async function resize(bytes: number): Promise<void> {
  await as("setup", async (session) => {
    const { config } = await requestApi<State>(session, `STREAM.INFO.${dm}`);
    await requestApi(session, `STREAM.UPDATE.${dm}`, { ...config, max_bytes: bytes });
  });
}

/** How many messages the stream holds for this id. */
const waiting = (id: OwnerId): Promise<number> =>
  as("setup", async (session) => {
    const filter = {
      subjects_filter: formatSubject({ kind: "inst", space, target: id, sender: id }).replace(/[^.]+$/, "*"),
    };
    const { state } = await requestApi<State>(session, `STREAM.INFO.${dm}`, filter);
    return Object.values(state.subjects ?? {}).reduce((sum, count) => sum + count, 0);
  });

/** Answers how many were refused, and fails when one was for another reason than this. */
async function sendMany(
  session: Session,
  { from, to, count, pace = async () => undefined, refusal = "stream-full" }: Sending,
): Promise<number> {
  const subject = subjectOf(from, to);
  const data = new Uint8Array(400);
  let refused = 0;
  const one = (): Promise<unknown> =>
    store(session, { subject, data, timeoutMs: 30_000 }).catch((error) => {
      if (!(error instanceof CotalError && error.code === refusal)) throw error;
      refused++;
    });
  for (let sent = 0; sent < count; sent += 20) {
    await pace(sent);
    await Promise.all(Array.from({ length: 20 }, one));
  }
  return refused;
}
interface Sending {
  readonly from: OwnerId;
  readonly to: OwnerId | { readonly role: Token };
  readonly count: number;
  readonly refusal?: CotalError["code"];
  /** Waits until so many may have been sent. */
  readonly pace?: (sent: number) => Promise<void>;
}

function subjectOf(sender: OwnerId, to: Sending["to"]): string {
  return typeof to === "string"
    ? formatSubject({ kind: "inst", space, target: to, sender })
    : formatSubject({ kind: "svc", space, role: to.role, sender });
}

/** Handles everything that comes for the holder. */
async function handling(holder: Minted): Promise<AsyncDisposable & { readonly handled: number }> {
  let handled = 0;
  const link = openLink(fixture.broker.url, { as: holder });
  const session = await link.start();
  pump(session, {
    stream: dm,
    consumer: consumerName.dm(holder.id),
    concurrency: 50,
    prefetch: 200,
    handle: async () => {
      handled++;
      return { kind: "ack" };
    },
  });
  return {
    get handled() {
      return handled;
    },
    [Symbol.asyncDispose]: () => link.stop(),
  };
}

/** Trims as a leader does, as long as it runs. */
async function trimming(
  run: (trimmer: Trimmer, heavy: readonly CotalError[]) => Promise<void>,
): Promise<void> {
  const heavy: CotalError[] = [];
  await as("delivery", async (session) => {
    const stopping = new AbortController();
    const trimmer = createTrimmer(session, { space, queue: "dm", onHeavy: (error) => heavy.push(error) });
    const trimmingOn = async (): Promise<void> => {
      while (!stopping.signal.aborted) await sleep(systemClock, await trimmer.trim());
    };
    const going = trimmingOn();
    await run(trimmer, heavy).finally(() => stopping.abort());
    await going;
  });
}

describe("a queue that is trimmed, at a real broker with the rights of delivery", () => {
  test("carries many times what it holds without a refusal, and what waits for others stays", async ({
    annotate,
  }) => {
    verifies("DLV-76", "DLV-110", "REG-33");
    await resize(MiB);
    const [alice, bob, away] = [await agent("alice"), await agent("bob"), await agent("away")];
    await withSession(
      fixture.broker.url,
      (session) =>
        trimming(async (trimmer) => {
          await using handler = await handling(bob);
          await sendMany(session, { from: alice.id, to: away.id, count: 200 });
          const before = performance.now();
          // What is not handled yet takes its room; the rest is the trimmer's.
          const pace = async (sent: number): Promise<void> => {
            if (sent > handler.handled + 500) await eventually(() => sent <= handler.handled + 500);
          };
          const refused = await sendMany(session, { from: alice.id, to: bob.id, count: 100_000, pace });
          await eventually(() => expect(handler.handled).toBe(100_000), { timeoutMs: 90_000 });
          await annotate(
            `100,000 messages in ${Math.round(performance.now() - before)} ms, ${trimmer.removed} removed`,
          );
          expect(refused).toBe(0);
          expect(await waiting(away.id)).toBe(200);
          expect(trimmer.removed).toBeGreaterThan(90_000);
        }),
      { as: alice },
    );
    // The one who was away gets everything.
    await using late = await handling(away);
    await eventually(() => expect(late.handled).toBe(200));
  });

  test("keeps what others than its owner acknowledge, and names who has filled it with what nobody handles", async () => {
    verifies("DLV-76", "DLV-77");
    await resize(MiB);
    const [alice, carol] = [await agent("alice2"), await agent("carol")];
    const [dave, eve] = [await agent("dave"), await agent("eve")];
    await withSession(
      fixture.broker.url,
      async (session) => {
        // To look what became of its own messages an agent may make a consumer, which acknowledges nothing.
        const own = formatPattern({ kind: "inst", space, target: "*", sender: alice.id });
        const consumer = consumerName.sent(alice.id);
        const spec = {
          name: consumer,
          filter_subject: own,
          deliver_policy: "all",
          ack_policy: "none",
        } as const;
        await createConsumer(session, dm, spec);
        const read = () => readPage(session, { stream: dm, consumer, batch: 500, maxBytes: MiB });
        await trimming(async (_, heavy) => {
          for (const { id } of [dave, eve]) await sendMany(session, { from: alice.id, to: id, count: 800 });
          const refused = await sendMany(session, { from: alice.id, to: carol.id, count: 800 });
          while ((await read()).length > 0);
          expect(refused).toBeGreaterThan(0);
          expect(await waiting(carol.id)).toBe(800 - refused);
          await eventually(() =>
            expect(heavy).toMatchObject([{ code: "quota-exceeded", data: { sender: alice.id } }]),
          );
        });
      },
      { as: alice },
    );
    for (const one of [carol, dave, eve]) {
      const there = await waiting(one.id);
      await using late = await handling(one);
      await eventually(() => expect(late.handled).toBe(there));
    }
  });
});

describe("a sender that floods", () => {
  const limit = 5_000;
  const share = { refusal: "quota-exceeded" } as const;

  test("a peer is refused at its share; others go on, and so does it with others, and with this one once that has handled some", async () => {
    verifies("DLV-94", "DLV-110");
    await resize(8 * MiB);
    const [bot, alice] = [await agent("bot"), await agent("alice3")];
    const [bob, carol] = [await agent("bob3"), await agent("carol3")];
    await trimming(async (_, heavy) => {
      const sends = (from: Minted, to: Minted, count: number): Promise<number> =>
        withSession(
          fixture.broker.url,
          (session) => sendMany(session, { from: from.id, to: to.id, count, ...share }),
          { as: from },
        );
      expect(await sends(bot, bob, limit + 500)).toBe(500);
      await eventually(() =>
        expect(heavy).toMatchObject([
          { code: "quota-exceeded", data: { sender: bot.id, target: bob.id, stream: dm } },
        ]),
      );
      expect(await sends(alice, bob, 100)).toBe(0);
      expect(await sends(bot, carol, 100)).toBe(0);
      expect(await waiting(bob.id)).toBe(limit + 100);
      await using handler = await handling(bob);
      await eventually(() => expect(handler.handled).toBe(limit + 100));
      await eventually(async () => expect(await sends(bot, bob, 20)).toBe(0));
    });
  });

  test("a role is refused at its share as well, and hears what to do", async () => {
    verifies("DLV-94");
    const [bot, alice] = [await agent("bot2"), await agent("alice4")];
    const to = { role: asToken("role", "worker") };
    const sends = (from: Minted, count: number): Promise<number> =>
      withSession(
        fixture.broker.url,
        (session) => sendMany(session, { from: from.id, to, count, ...share }),
        { as: from },
      );
    expect(await sends(bot, limit + 20)).toBe(20);
    expect(await sends(alice, 20)).toBe(0);
    const one = withSession(
      fixture.broker.url,
      (session) => store(session, { subject: subjectOf(bot.id, to), data: "x" }),
      { as: bot },
    );
    await expect(one).rejects.toMatchObject({
      code: "quota-exceeded",
      hint: "wait until its receiver has handled some of it",
    });
  });
});
