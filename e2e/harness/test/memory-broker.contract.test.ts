import { setTimeout as pause } from "node:timers/promises";
import {
  brokerError,
  type ConsumerSpec,
  consumerInfo,
  createConsumer,
  deleteConsumer,
  type Entry,
  pump,
  readPage,
  requestApi,
  resetConsumer,
  type Session,
  store,
  subscribe,
  systemClock,
} from "@cotal/session";
import { describe, expect, test } from "vitest";
import { brokerOfFile } from "../src/broker-of-file.ts";
import { eventually } from "../src/eventually.ts";
import { openLink } from "../src/link.ts";
import { createMemoryBroker } from "../src/memory-broker/memory-broker.ts";

const real = brokerOfFile();

interface World extends AsyncDisposable {
  readonly session: Session;
  restart(): Promise<void>;
  /** The session after the link has come back. */
  again(): Promise<Session>;
}

async function openWorld(kind: "the real broker" | "the broker in memory"): Promise<World> {
  const memory = kind === "the broker in memory" ? createMemoryBroker(systemClock) : undefined;
  const link = memory ? openLink(memory.url, { transport: memory.transport }) : openLink(real().url);
  const session = await link.start();
  return {
    session,
    restart: async () => {
      if (memory) return memory.restart();
      await real().kill();
      await real().restart();
    },
    again: async () => {
      await eventually(() => link.session !== undefined && link.session !== session);
      return link.session ?? session;
    },
    [Symbol.asyncDispose]: () => link.stop(),
  };
}

const second = 1e9;
let serial = 0;

/** A stream of its own, with the subjects below its name. */
async function newStream(session: Session, config: object = {}): Promise<string> {
  const name = `S${process.pid}_${serial++}`;
  await requestApi(session, `STREAM.CREATE.${name}`, {
    name,
    subjects: [`${name}.>`],
    storage: "file",
    retention: "limits",
    max_msgs_per_subject: -1,
    max_age: 0,
    duplicate_window: 120 * second,
    ...config,
  });
  return name;
}

const reader = (spec: Partial<ConsumerSpec> = {}): ConsumerSpec => ({
  name: "reader",
  deliver_policy: "all",
  ack_policy: "none",
  mem_storage: true,
  ...spec,
});

async function fill(session: Session, stream: string, subjects: readonly string[]): Promise<void> {
  for (const subject of subjects) await store(session, { subject: `${stream}.${subject}`, data: subject });
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  return await promise.then(
    () => "none",
    (error) => brokerError(error).code,
  );
}

const subjectsOf = (entries: readonly Entry[]): string[] =>
  entries.map(({ data }) => Buffer.from(data).toString());
const page = { consumer: "reader", batch: 10, maxBytes: 100_000 } as const;

/** What the one shows the other shows too, so that what is tried on the one in memory is worth something. */
describe.each(["the real broker", "the broker in memory"] as const)("%s", (kind) => {
  test("gives a message to all who listen and to one of each queue, and says when nobody does", async () => {
    await using world = await openWorld(kind);
    const { session } = world;
    const heard: string[] = [];
    const listen = (subject: string, queue?: string) =>
      subscribe(session, {
        subject,
        ...(queue !== undefined && { queue }),
        onMessage: ({ subject: at, reply, data }) => {
          heard.push(`${queue ?? subject} ${at}`);
          if (reply) session.connection.publish(reply, data);
        },
      });
    await listen("a.*");
    await listen("a.>");
    await listen("a.b", "workers");
    await listen("a.b", "workers");
    await listen("a.*.c");
    session.connection.publish("a.b", "x");
    session.connection.publish("a");
    await session.connection.flush();
    expect(heard.sort()).toEqual(["a.* a.b", "a.> a.b", "workers a.b"]);
    const answer = await session.connection.request("a.x", "y", { timeout: 5_000 });
    expect(answer.string()).toBe("y");
    expect(await codeOf(session.connection.request("nobody", "", { timeout: 5_000 }))).toBe("no-responders");
  });

  test("stores once under an id, and only behind what a write expects", async () => {
    await using world = await openWorld(kind);
    const { session } = world;
    const stream = await newStream(session);
    const subject = `${stream}.a`;
    const once = { subject, data: "1", headers: { "Nats-Msg-Id": "one" } };
    expect(await store(session, once)).toEqual({ stream, seq: 1, duplicate: false });
    expect(await store(session, once)).toEqual({ stream, seq: 1, duplicate: true });
    await fill(session, stream, ["b"]);
    const fenced = (header: string, value: number) =>
      store(session, { subject, data: "2", headers: { [header]: String(value) } }).then(
        ({ seq }) => seq,
        (error) => brokerError(error).data.lastSeq,
      );
    expect(await fenced("Nats-Expected-Last-Subject-Sequence", 2)).toBe(1);
    expect(await fenced("Nats-Expected-Last-Sequence", 1)).toBe(2);
    expect(await fenced("Nats-Expected-Last-Subject-Sequence", 1)).toBe(3);
    expect(await fenced("Nats-Expected-Last-Sequence", 3)).toBe(4);
    expect(await codeOf(store(session, { subject: "no.stream", data: "" }))).toBe("no-responders");
    expect(await codeOf(requestApi(session, "STREAM.INFO.missing"))).toBe("stream-missing");
  });

  test("begins a consumer where it is told to, and says how much there is for it", async () => {
    await using world = await openWorld(kind);
    const { session } = world;
    const stream = await newStream(session, { max_msgs_per_subject: 2 });
    await fill(session, stream, ["a", "b", "a", "a", "b"]);
    const look = async (spec: Partial<ConsumerSpec>) => {
      const { delivered, num_pending } = await createConsumer(session, stream, reader(spec));
      await deleteConsumer(session, stream, "reader");
      return [delivered.stream_seq + 1, num_pending];
    };
    const a = `${stream}.a`;
    const from = (seq: number) => ({ deliver_policy: "by_start_sequence", opt_start_seq: seq }) as const;
    const since = (at: number) =>
      ({ deliver_policy: "by_start_time", opt_start_time: new Date(at).toISOString() }) as const;
    expect(await look({})).toEqual([2, 4]);
    expect(await look({ filter_subject: a })).toEqual([2, 2]);
    expect(await look({ deliver_policy: "new" })).toEqual([6, 0]);
    expect(await look({ ...from(1), filter_subject: a })).toEqual([2, 2]);
    expect(await look({ ...from(4), filter_subject: a })).toEqual([4, 1]);
    expect(await look(from(9))).toEqual([9, 0]);
    expect(await look(since(0))).toEqual([2, 4]);
    expect(await look({ ...since(0), filter_subject: a })).toEqual([3, 2]);
    expect(await look({ ...since(0), filter_subject: `${stream}.none` })).toEqual([2, 0]);
    expect(await look(since(Date.now() + 60_000))).toEqual([6, 0]);
  });

  test("gives pages, the same consumer once, and from another place when it is reset", async () => {
    await using world = await openWorld(kind);
    const { session } = world;
    const stream = await newStream(session);
    await fill(session, stream, ["a", "b", "a", "c"]);
    const first = await createConsumer(session, stream, reader({ filter_subject: `${stream}.*` }));
    const same = await createConsumer(session, stream, reader({ filter_subject: `${stream}.*` }));
    expect(same).toMatchObject({ created: Reflect.get(first, "created") });
    expect(
      await codeOf(
        createConsumer(session, stream, reader({ deliver_policy: "new", filter_subject: `${stream}.*` })),
      ),
    ).toBe("refused");
    const entries = await readPage(session, { ...page, stream, batch: 3 });
    expect(
      entries.map(({ seq, delivery, deliveries, pending }) => [seq, delivery, deliveries, pending]),
    ).toEqual([
      [1, 1, 1, 3],
      [2, 2, 1, 2],
      [3, 3, 1, 1],
    ]);
    expect(subjectsOf(await readPage(session, { ...page, stream }))).toEqual(["c"]);
    expect(await readPage(session, { ...page, stream })).toEqual([]);
    expect(await resetConsumer(session, { stream, consumer: "reader" }, 2)).toMatchObject({
      num_pending: 3,
      created: Reflect.get(first, "created"),
    });
    const [again] = await readPage(session, { ...page, stream });
    expect(again).toMatchObject({ seq: 2, delivery: 1 });
    expect(await codeOf(readPage(session, { ...page, stream, consumer: "missing" }))).toBe(
      "consumer-missing",
    );
    expect(await codeOf(consumerInfo(session, stream, "missing"))).toBe("consumer-missing");
  });

  test("hands work out until it is settled: again when it comes back or its time is over, and no more than may be open", async () => {
    await using world = await openWorld(kind);
    const { session } = world;
    const stream = await newStream(session, { retention: "workqueue" });
    const name = "queue";
    await createConsumer(session, stream, {
      ...reader({ ack_policy: "explicit", ack_wait: second, max_ack_pending: 2 }),
      name,
    });
    await fill(session, stream, ["late", "fail", "end", "fine"]);
    const handled: string[] = [];
    const turns = new Map<string, number>();
    let most = 0;
    let open = 0;
    pump(session, {
      stream,
      consumer: name,
      concurrency: 4,
      handle: async ({ data, deliveries }) => {
        const what = Buffer.from(data).toString();
        most = Math.max(most, ++open);
        const turn = (turns.get(what) ?? 0) + 1;
        turns.set(what, turn);
        expect(deliveries).toBe(turn);
        await pause(what === "late" ? 3_000 : 20);
        open--;
        handled.push(`${what} ${turn}`);
        if (what === "end") return { kind: "terminate", reason: "of no use" };
        return what === "fail" && turn < 3 ? { kind: "retry", delayMs: 50 } : { kind: "ack" };
      },
    });
    await eventually(() => expect(handled).toHaveLength(6));
    expect(handled.sort()).toEqual(["end 1", "fail 1", "fail 2", "fail 3", "fine 1", "late 1"]);
    expect(most).toBe(2);
    await eventually(async () => {
      const { num_pending, num_ack_pending } = await consumerInfo(session, stream, name);
      expect([num_pending, num_ack_pending]).toEqual([0, 0]);
      const { state } = await requestApi<{ state: { messages: number } }>(session, `STREAM.INFO.${stream}`);
      expect(state.messages).toBe(0);
    });
  });

  test("hands an entry out again that nobody settles", async () => {
    await using world = await openWorld(kind);
    const { session } = world;
    const stream = await newStream(session);
    await createConsumer(session, stream, reader({ ack_policy: "explicit", ack_wait: second / 4 }));
    await fill(session, stream, ["a"]);
    const seen: number[] = [];
    await eventually(async () => {
      for (const { deliveries } of await readPage(session, { ...page, stream })) seen.push(deliveries);
      return seen.length >= 3;
    });
    expect(seen.slice(0, 3)).toEqual([1, 2, 3]);
  });

  test("forgets an entry when its life is over, and a consumer that nobody uses", async () => {
    await using world = await openWorld(kind);
    const { session } = world;
    const stream = await newStream(session, { storage: "memory", allow_msg_ttl: true });
    await createConsumer(session, stream, reader({ inactive_threshold: second }));
    await store(session, { subject: `${stream}.brief`, data: "", headers: { "Nats-TTL": "1s" } });
    await fill(session, stream, ["long"]);
    const subjects = async () => {
      const { state } = await requestApi<{ state: { subjects?: object } }>(session, `STREAM.INFO.${stream}`, {
        subjects_filter: ">",
      });
      return Object.keys(state.subjects ?? {});
    };
    expect(await subjects()).toHaveLength(2);
    await eventually(async () => expect(await subjects()).toEqual([`${stream}.long`]));
    await eventually(async () =>
      expect(await codeOf(consumerInfo(session, stream, "reader"))).toBe("consumer-missing"),
    );
  });

  test("takes what is written through another subject", async () => {
    await using world = await openWorld(kind);
    const { session } = world;
    const stream = await newStream(session, {
      subjects: [`in.${serial}.kept${serial}.>`],
      subject_transform: { src: `in.${serial}.>`, dest: ">" },
    });
    const kept = `kept${serial - 1}`;
    await store(session, { subject: `in.${serial - 1}.${kept}.a`, data: "a" });
    await createConsumer(session, stream, reader({ filter_subject: `${kept}.*` }));
    const [entry] = await readPage(session, { ...page, stream });
    expect(entry).toMatchObject({ subject: `${kept}.a`, seq: 1 });
  });

  test("forgets with its end what was in memory, and nothing else", async () => {
    await using world = await openWorld(kind);
    const { session } = world;
    const kept = await newStream(session);
    const lost = await newStream(session, { storage: "memory" });
    await createConsumer(session, kept, reader());
    await createConsumer(session, kept, {
      ...reader({ mem_storage: false }),
      name: "durable",
      durable_name: "durable",
    } as ConsumerSpec);
    await fill(session, kept, ["a"]);
    await world.restart();
    const next = await world.again();
    await eventually(async () => expect(await codeOf(consumerInfo(next, kept, "durable"))).toBe("none"));
    expect(await codeOf(consumerInfo(next, kept, "reader"))).toBe("consumer-missing");
    expect(await codeOf(requestApi(next, `STREAM.INFO.${lost}`))).toBe("stream-missing");
    await createConsumer(next, kept, reader());
    expect(subjectsOf(await readPage(next, { ...page, stream: kept }))).toEqual(["a"]);
  });
});
