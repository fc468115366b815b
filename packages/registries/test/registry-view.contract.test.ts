import { eventually, openLink } from "@cotal/harness";
import { verifies } from "@cotal/requirements";
import {
  type Capability,
  type Link,
  type LogEntry,
  requestApi,
  type Session,
  systemClock,
} from "@cotal/session";
import { asToken, bucketName, consumerName, ingestKeySubject, keySubject, streamName } from "@cotal/subjects";
import type { Minted } from "@cotal/trust";
import { type ChannelConfig, type Presence, protocolVersion } from "@cotal/wire";
import { headers } from "@nats-io/nats-core";
import { describe, expect, test } from "vitest";
import { aclRegistry } from "../src/acl.ts";
import { channelsRegistry } from "../src/channels.ts";
import type { RegistryDefinition } from "../src/definition.ts";
import { ensureSpace } from "../src/ensure-space.ts";
import type { Lookup } from "../src/lookup.ts";
import { presenceRegistry } from "../src/presence.ts";
import { createRegistryView, type RegistryView } from "../src/registry-view.ts";
import { createRegistryWriter } from "../src/registry-writer.ts";
import { type OperatorSpace, startOperatorSpace } from "./operator-space.ts";
import { failureOf, sendBeat } from "./support.ts";

const acme = asToken("space", "acme");
const channelsStream = streamName.registry(acme, "channels");
const presenceStream = streamName.registry(acme, "presence");

/** An agent that follows a registry over as many connections as it takes. */
interface Reader<T> extends AsyncDisposable {
  readonly view: RegistryView<T>;
  readonly told: Lookup<T>[];
  readonly link: Link;
  readonly log: LogEntry[];
}

async function follow<T>(
  { broker }: OperatorSpace,
  definition: RegistryDefinition<T>,
  { as, onTold }: { as: Minted; onTold?: (lookup: Lookup<T>) => void },
): Promise<Reader<T>> {
  const told: Lookup<T>[] = [];
  const log: LogEntry[] = [];
  const onChange = (_: string, lookup: Lookup<T>): void => {
    told.push(lookup);
    onTold?.(lookup);
  };
  const view = createRegistryView(definition, { space: acme, clock: systemClock, onChange });
  const attach = (session: Session): Promise<void> => view.attach(session, { id: as.id });
  const watching: Capability = { name: "view", required: false, attach, health: () => ({ kind: "ok" }) };
  const link = openLink(broker.url, { as, capabilities: [watching], log: (entry) => void log.push(entry) });
  await link.start({ retryFirst: true });
  return { view, told, link, log, [Symbol.asyncDispose]: () => link.stop() };
}

/** Writes channels one after the other, each with its name as description. */
async function writeChannels(space: OperatorSpace, ...keys: readonly string[]): Promise<void> {
  const secret = space.spec.ingest(bucketName(acme, "channels"));
  const writer = createRegistryWriter(channelsRegistry, { space: acme, secret });
  await space.as("operator", async (session) => {
    for (const key of keys) {
      const [name = "", description = key] = key.split("=");
      await writer.put(session, name, { v: 1, description });
    }
  });
}

const shown = (lookups: readonly Lookup<ChannelConfig>[]): string[] =>
  lookups.map((one) =>
    one.kind === "found" ? `${one.key}=${one.value.description}` : `${one.key} ${one.kind}`,
  );
const held = ({ view }: Reader<ChannelConfig>): string[] =>
  shown(view.entries().map(({ lookup }) => lookup)).sort();
const current = (reader: { readonly view: Pick<RegistryView<unknown>, "state"> }): Promise<unknown> =>
  eventually(() => reader.view.state.kind === "current", { what: "the view" });

/** How much a consumer has handed out since it was last made ready. */
async function handedOut({ broker }: OperatorSpace, consumer: string): Promise<number> {
  const page = await fetch(`${broker.monitorUrl}/jsz?accounts=true&streams=true&consumers=true`);
  const text = (await page.text()).replaceAll(/\s/g, "");
  const found = new RegExp(`"name":"${consumer}".*?"delivered":{"consumer_seq":(\\d+)`).exec(text);
  return Number(found?.[1] ?? Number.NaN);
}

function presenceOf(id: string): Presence {
  return { card: { id, name: "n", kind: "agent", protocolVersion }, status: "idle", ts: 1 };
}

describe("an agent's view of a registry", () => {
  test("holds everything that is there, then what comes, and what is removed in either way", async () => {
    verifies("REG-21", "REG-22", "REG-23", "REG-7");
    await using space = await startOperatorSpace();
    const names = Array.from({ length: 700 }, (_, at) => `c${at}`);
    await writeChannels(space, ...names);
    await using reader = await follow(space, channelsRegistry, { as: space.mint({}) });
    await current(reader);
    expect(reader.told).toHaveLength(700);
    expect(reader.view.get("c699")).toMatchObject({
      kind: "found",
      value: { description: "c699" },
      revision: 700,
    });
    expect(reader.view.get("d")).toEqual({ kind: "absent", key: "d", revision: 0 });
    await writeChannels(space, "c1=new");
    await eventually(() => expect(shown(reader.told.slice(700))).toEqual(["c1=new"]));

    const into = ingestKeySubject(
      space.spec.ingest(bucketName(acme, "channels")),
      keySubject(acme, "channels", "c2"),
    );
    const marks = [
      { "KV-Operation": "DEL" },
      { "KV-Operation": "PURGE" },
      { "Nats-Marker-Reason": "MaxAge" },
    ];
    for (const mark of marks) {
      await writeChannels(space, "c2=back");
      await space.as("operator", async ({ connection }) => {
        const set = headers();
        for (const [name, text] of Object.entries(mark)) set.set(name, text);
        await connection.request(into, "", { headers: set, timeout: 10_000 });
      });
      await eventually(() => expect(shown(reader.told.slice(-2))).toEqual(["c2=back", "c2 absent"]));
      expect(reader.view.get("c2").kind).toBe("absent");
    }
  });

  test("resumes behind what it has seen: writes made while it was away come once and in order", async () => {
    verifies("REG-24", "REG-6");
    await using space = await startOperatorSpace();
    await writeChannels(space, "a", "b", "c");
    const alice = space.mint({});
    await using reader = await follow(space, channelsRegistry, { as: alice });
    await current(reader);
    for (let round = 1; round <= 5; round++) {
      reader.told.length = 0;
      const again = reader.link.reconnect();
      await writeChannels(space, `a=${round}`, `d${round}`, `a=${round}!`);
      await again;
      await current(reader);
      await eventually(() => expect(reader.view.revision).toBe(3 + round * 3));
      const lookups = reader.told.map((one) => ("revision" in one ? one.revision : 0));
      expect(lookups).toEqual([...new Set(lookups)].sort((x, y) => x - y));
      expect(shown(reader.told).at(-1)).toBe(`a=${round}!`);
      expect(shown(reader.told)).toContain(`d${round}=d${round}`);
      expect(await handedOut(space, consumerName.watch(alice.id))).toBeLessThanOrEqual(3);
    }
  });

  test("misses nothing of what was written while nobody was there, and tells it once", async () => {
    verifies("REG-24");
    await using space = await startOperatorSpace();
    await writeChannels(space, "a", "b");
    const alice = space.mint({});
    const told: Lookup<ChannelConfig>[] = [];
    const onChange = (_: string, lookup: Lookup<ChannelConfig>): void => void told.push(lookup);
    const view = createRegistryView(channelsRegistry, { space: acme, clock: systemClock, onChange });
    await space.as(alice, (session) => view.attach(session, alice));
    await writeChannels(space, "c", "a=1", "d", "a=2");
    await space.as(alice, (session) => view.attach(session, alice));
    await space.as(alice, (session) => view.attach(session, alice));
    expect(shown(told)).toEqual(["a=a", "b=b", "c=c", "d=d", "a=2"]);
    expect(await handedOut(space, consumerName.watch(alice.id))).toBe(0);
  });

  test("shows what it knew while it is away, and claims of nothing that it is absent", async () => {
    verifies("REG-7");
    await using space = await startOperatorSpace();
    await writeChannels(space, "a");
    const reader = await follow(space, channelsRegistry, { as: space.mint({}) });
    await current(reader);
    const before = Date.now();
    await reader.link.stop();
    const { state } = reader.view;
    expect(state).toMatchObject({ kind: "stale" });
    expect(state.kind === "stale" && state.since).toBeGreaterThanOrEqual(before);
    expect(reader.view.get("a")).toMatchObject({ kind: "found", revision: 1 });
    expect(reader.view.get("z")).toMatchObject({ kind: "unreachable" });
    expect(held(reader)).toEqual(["a=a"]);
  });

  test("is loaded anew after the broker was killed, and tells only what has changed", async () => {
    verifies("REG-24", "REG-25");
    await using space = await startOperatorSpace();
    await writeChannels(space, "a", "b", "c");
    await using reader = await follow(space, channelsRegistry, { as: space.mint({}) });
    await current(reader);
    reader.told.length = 0;
    await space.broker.kill();
    await eventually(() => reader.view.state.kind === "stale");
    expect(held(reader)).toEqual(["a=a", "b=b", "c=c"]);
    await space.broker.restart();
    await current(reader);
    await writeChannels(space, "b=after");
    await eventually(() => expect(shown(reader.told)).toEqual(["b=after"]));
    expect(held(reader)).toEqual(["a=a", "b=after", "c=c"]);
  });

  test("is loaded anew when the bucket was made anew while it was away, also with the same revisions", async () => {
    verifies("REG-25");
    await using space = await startOperatorSpace();
    await writeChannels(space, "a", "b", "c");
    const alice = space.mint({});
    const told: Lookup<ChannelConfig>[] = [];
    const onChange = (_: string, lookup: Lookup<ChannelConfig>): void => void told.push(lookup);
    const view = createRegistryView(channelsRegistry, { space: acme, clock: systemClock, onChange });
    await space.as(alice, (session) => view.attach(session, alice));
    expect(shown(told)).toEqual(["a=a", "b=b", "c=c"]);
    told.length = 0;
    await space.remove(channelsStream);
    await space.as("setup", (session) => ensureSpace(session, space.spec));
    await writeChannels(space, "a", "b=other", "d");
    await space.as(alice, (session) => view.attach(session, alice));
    expect(shown(told)).toEqual(["c absent", "b=other", "d=d"]);
    expect(view.revision).toBe(3);
  });

  test("finds a bucket again that vanishes and is made anew before its eyes", async () => {
    verifies("REG-25");
    await using space = await startOperatorSpace();
    await writeChannels(space, "a", "b");
    await using reader = await follow(space, channelsRegistry, { as: space.mint({}) });
    await current(reader);
    await space.remove(channelsStream);
    await eventually(() => reader.view.state.kind === "stale");
    expect(held(reader)).toEqual(["a=a", "b=b"]);
    await space.as("setup", (session) => ensureSpace(session, space.spec));
    await writeChannels(space, "b=again");
    await eventually(() => expect(held(reader)).toEqual(["b=again"]));
    await current(reader);
    expect(reader.view.get("a")).toEqual({ kind: "absent", key: "a", revision: 0 });
    const lastOf = new Map(reader.told.map((one) => [one.key, shown([one])[0]]));
    expect([...lastOf.values()]).toEqual(["a absent", "b=again"]);
  });

  test("that the broker forbids is denied, which is neither empty nor unreachable", async () => {
    verifies("REG-7");
    await using space = await startOperatorSpace();
    const alice = space.mint({});
    await space.as(alice, async (session) => {
      const view = createRegistryView(aclRegistry, { space: acme, clock: systemClock });
      expect((await failureOf(view.attach(session, alice))).code).toBe("not-allowed");
      expect(view.state.kind).toBe("denied");
      expect(view.get(alice.id)).toMatchObject({
        kind: "denied",
        key: alice.id,
        error: { code: "not-allowed" },
      });
      expect(() => view.entries()).toThrow("does not allow");
      expect((await failureOf(view.caughtUp())).code).toBe("not-allowed");
      const writer = createRegistryWriter(channelsRegistry, {
        space: acme,
        secret: asToken("secret", "x".repeat(30)),
      });
      expect((await failureOf(writer.put(session, "a", { v: 1 }))).code).toBe("not-allowed");
    });
  });

  test("of presence loses what was in memory with the broker, and finds what is published again", async () => {
    verifies("REG-25", "REG-3");
    await using space = await startOperatorSpace();
    const [alice, bob] = [space.mint({}), space.mint({ name: "bob" })];
    const writer = createRegistryWriter(presenceRegistry, { space: acme });
    await using reader = await follow(space, presenceRegistry, { as: alice });
    await current(reader);
    await space.as(bob, async (session) => {
      await sendBeat(session, { space: acme, id: bob.id });
      await writer.put(session, bob.id, presenceOf(bob.id));
      await session.connection.request(keySubject(acme, "presence", bob.id), "{");
      expect((await failureOf(writer.put(session, alice.id, presenceOf(alice.id)))).code).toBe("not-allowed");
      expect((await failureOf(sendBeat(session, { space: acme, id: alice.id }))).code).toBe("not-allowed");
    });
    await eventually(() => expect(reader.view.get(bob.id)).toMatchObject({ kind: "found" }));
    const { messages } = await space.as(
      "setup",
      async (session) =>
        (await requestApi<{ state: { messages: number } }>(session, `STREAM.INFO.${presenceStream}`)).state,
    );
    expect(messages).toBe(2);
    expect(reader.told).toHaveLength(1);

    await space.broker.kill();
    await space.broker.restart();
    await eventually(() => reader.link.state.kind === "live");
    await space.as(bob, async (session) => {
      const failure = await failureOf(writer.put(session, bob.id, presenceOf(bob.id)));
      expect(failure).toMatchObject({ code: "stream-missing", data: { stream: presenceStream } });
    });
    expect(reader.view.state.kind).toBe("stale");
    await space.as("setup", (session) => ensureSpace(session, space.spec));
    await current(reader);
    expect(reader.view.get(bob.id)).toEqual({ kind: "absent", key: bob.id, revision: 0 });
    await space.as(bob, (session) => writer.put(session, bob.id, presenceOf(bob.id)));
    await eventually(() => expect(reader.view.get(bob.id)).toMatchObject({ kind: "found", revision: 1 }));
    expect(reader.told.map(({ kind }) => kind)).toEqual(["found", "absent", "found"]);
  });

  test("goes on when its listener fails, and reports that", async () => {
    await using space = await startOperatorSpace();
    await writeChannels(space, "a", "b");
    const onTold = (): void => {
      throw new Error("broken listener");
    };
    await using reader = await follow(space, channelsRegistry, { as: space.mint({}), onTold });
    await current(reader);
    await writeChannels(space, "c");
    await eventually(() => expect(held(reader)).toEqual(["a=a", "b=b", "c=c"]));
    expect(reader.log.filter(({ event }) => event === "registry.listener")).toHaveLength(3);
    expect(reader.log.filter(({ event }) => event === "tail.reopen")).toEqual([]);
  });

  test("is followed once per session, however often it is attached", async () => {
    await using space = await startOperatorSpace();
    await writeChannels(space, "a");
    const alice = space.mint({});
    await space.as(alice, async (session) => {
      const told: string[] = [];
      const view = createRegistryView(channelsRegistry, {
        space: acme,
        clock: systemClock,
        onChange: (key) => told.push(key),
      });
      await Promise.all([view.attach(session, alice), view.attach(session, alice)]);
      await view.attach(session, alice);
      await writeChannels(space, "b");
      await eventually(() => expect(told).toEqual(["a", "b"]));
    });
  });
});

describe("a writer", () => {
  test("tells that it does not know what became of a write without an answer", async () => {
    verifies("REG-42");
    await using space = await startOperatorSpace();
    const secret = space.spec.ingest(bucketName(acme, "channels"));
    const writer = createRegistryWriter(channelsRegistry, { space: acme, secret });
    await space.as("operator", async (session) => {
      await space.broker.pause();
      const failure = await failureOf(writer.put(session, "a", { v: 1 }, { expectedRevision: 0 }));
      space.broker.resume();
      expect(failure.code).toBe("outcome-unknown");
      await eventually(async () => {
        const again = await writer.put(session, "a", { v: 1 }, { expectedRevision: 0 });
        expect(again).toEqual({ kind: "fenced" });
      });
    });
  });

  test("with another secret than the bucket's is told so", async () => {
    await using space = await startOperatorSpace();
    const writer = createRegistryWriter(channelsRegistry, {
      space: acme,
      secret: asToken("secret", "y".repeat(30)),
    });
    await space.as("operator", async (session) => {
      const failure = await failureOf(writer.put(session, "a", { v: 1 }));
      expect(failure).toMatchObject({ code: "stream-missing", data: { stream: channelsStream } });
      expect(JSON.stringify([failure.message, failure.hint, failure.data])).not.toContain("y".repeat(30));
    });
  });
});
