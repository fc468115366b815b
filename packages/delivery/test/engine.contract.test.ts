import { eventually, openLink } from "@cotal/harness";
import { verifies } from "@cotal/requirements";
import { type Link, onAbort } from "@cotal/session";
import { CotalError, serviceName } from "@cotal/subjects";
import { ingestSecret, type Minted } from "@cotal/trust";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { assembleEngine, type Engine } from "../src/engine.ts";
import type { EngineEvent, EngineOptions } from "../src/engine-options.ts";
import type { ShardLeader } from "../src/shard-leader.ts";
import { type ServiceSpace, space, startServiceSpace } from "./support-service.ts";
import { scriptedShard } from "./support-shard.ts";

let at: ServiceSpace;
let operator: Minted;
let started: Link[] = [];

beforeAll(async () => {
  at = await startServiceSpace();
  operator = at.mint({ profile: "operator", name: "tool" });
});
afterAll(() => at[Symbol.asyncDispose]());
beforeEach(() => {
  started = [];
});
afterEach(async () => {
  await Promise.all(started.map((link) => link.stop()));
});

interface Daemon {
  readonly engine: Engine;
  readonly link: Link;
  readonly events: string[];
}

interface DaemonWish extends Partial<EngineOptions> {
  /** What the lead of a shard does before it is ready. */
  readonly before?: (shard: number) => void;
}

async function daemon({ before = () => undefined, ...wish }: DaemonWish = {}): Promise<Daemon> {
  const minted = at.mint({ profile: "delivery", name: "delivery" });
  const events: string[] = [];
  const lead: ShardLeader["lead"] = async (leadership, serve) => {
    before(leadership.shard);
    await serve(scriptedShard(leadership.shard));
    await leadership.ready();
    await new Promise<void>((resolve) => onAbort(leadership.signal, resolve));
  };
  const options: EngineOptions = {
    space,
    self: { id: minted.id, name: "delivery" },
    version: "1.2.3",
    ingest: (resource) => ingestSecret(at.fixture.space, resource),
    onEvent: (event: EngineEvent) => events.push(`${event.kind} ${event.shard}`),
    ...wish,
  };
  const engine = assembleEngine(options, () => ({ lead, stats: () => new Map() }));
  const link = openLink(at.broker.url, { as: minted, capabilities: [engine] });
  started.push(link);
  await link.start();
  return { engine, link, events };
}

const states = ({ engine }: Daemon): string[] =>
  engine.report().map(({ shard, state }) => `${shard} ${state}`);

/** What whoever leads says of a shard, or why nobody does. */
async function status(shard: number): Promise<unknown> {
  const question = { service: serviceName.deliveryAdmin(shard), op: "status" };
  const reply = await at.ask(operator, question).catch((error: CotalError) => error.code);
  return typeof reply === "string" || !reply.ok ? reply : reply.data;
}

describe("an engine", () => {
  test("leads every shard of its space, and answers for each once it is ready", async () => {
    verifies("DLV-12", "DLV-48");
    const one = await daemon({ holder: "first" });
    await eventually(() => expect(states(one)).toEqual(["0 ready", "1 ready"]));
    expect([...one.events].sort()).toEqual(["leads 0", "leads 1"]);
    expect(one.engine.health()).toEqual({ kind: "ok" });
    expect(await status(1)).toMatchObject({ shard: 1, state: "ready", holder: "first", version: "1.2.3" });
    await one.link.stop();
    expect([await status(0), await status(1)]).toEqual(["no-responders", "no-responders"]);
  });

  test("leads again on a new connection, as the holder that it is", async () => {
    const one = await daemon();
    await eventually(() => expect(states(one)).toEqual(["0 ready", "1 ready"]));
    const epochs = one.engine.report().map(({ epoch = 0 }) => epoch);
    await one.link.reconnect();
    await eventually(() => {
      expect(states(one)).toEqual(["0 ready", "1 ready"]);
      for (const [at, { epoch = 0 }] of one.engine.report().entries())
        expect(epoch).toBeGreaterThan(epochs[at] ?? 0);
    });
    expect(one.events).toContain("lost 0");
  });

  test("serves one shard while another fails, which it tries again", async () => {
    let failures = 0;
    const one = await daemon({
      before: (shard) => {
        if (shard === 1 && ++failures < 3) throw new CotalError("undecodable", "torn");
      },
    });
    await eventually(() => expect(one.events.filter((event) => event === "failed 1").length).toBe(1));
    await eventually(() => expect(states(one)[0]).toBe("0 ready"));
    expect(await status(0)).toMatchObject({ state: "ready" });
    await eventually(() => expect(states(one)).toEqual(["0 ready", "1 ready"]), { timeoutMs: 60_000 });
    expect(one.events.filter((event) => event.endsWith(" 0"))).toEqual(["leads 0"]);
  });

  test("serves the shards that it is told, and refuses those that there are not", async () => {
    verifies("DLV-10");
    const one = await daemon({ shards: [1] });
    await eventually(() => expect(states(one)).toEqual(["1 ready"]));
    expect(await status(0)).toBe("no-responders");
    for (const shards of [[], [-1], [0.5], [1024]]) {
      await expect(daemon({ shards })).rejects.toMatchObject({ code: expect.stringMatching(/^bad-/) });
    }
    await expect(daemon({ shards: [2] })).rejects.toMatchObject({ code: "bad-number" });
  });

  test("refuses loudly what another leads, and leads the rest", async () => {
    verifies("DLV-80");
    const first = await daemon({ shards: [0], holder: "first" });
    await eventually(() => expect(states(first)).toEqual(["0 ready"]));
    const second = await daemon();
    await eventually(() => expect(states(second)).toEqual(["0 refused", "1 ready"]));
    expect(second.engine.health()).toMatchObject({ kind: "down", code: "lease-held" });
    expect(await status(0)).toMatchObject({ holder: "first" });
  });

  test("in standby takes over what nobody leads any more", async () => {
    verifies("DLV-80", "DLV-83");
    const first = await daemon();
    await eventually(() => expect(states(first)).toEqual(["0 ready", "1 ready"]));
    const second = await daemon({ standby: true, holder: "second" });
    expect(states(second)).toEqual(["0 seeking", "1 seeking"]);
    await first.link.stop();
    await eventually(() => expect(states(second)).toEqual(["0 ready", "1 ready"]));
    expect(await status(0)).toMatchObject({ holder: "second" });
  });
});
