import { withSession } from "@cotal/harness";
import { brokerOfFile } from "@cotal/harness/broker-of-file";
import { verifies } from "@cotal/requirements";
import { asToken, bucketName } from "@cotal/subjects";
import { describe, expect, test } from "vitest";
import { channelsRegistry } from "../src/channels.ts";
import { describeSpace } from "../src/describe-space.ts";
import { openRegistry } from "../src/open-registry.ts";
import { type SpaceOrder, setUpSpace } from "../src/set-up-space.ts";
import { spaceRegistry } from "../src/space-record.ts";
import { spaceTable } from "../src/space-table.ts";
import { type OperatorSpace, startOperatorSpace } from "./operator-space.ts";
import { failureOf, newId, specOf } from "./support.ts";

const channels = { "=defaults": { v: 1, replay: true }, general: { v: 1, description: "talk" } } as const;

async function expectComplete({ as, spec }: OperatorSpace): Promise<void> {
  await as("setup", async (session) => {
    const reports = await describeSpace(session, spec);
    expect(reports).toHaveLength(spaceTable(spec).length);
    expect(reports.filter((one) => one.kind === "absent" || one.drifts.length > 0)).toEqual([]);
  });
}

describe("with the credential of a set-up", () => {
  const setUp = (space: OperatorSpace, extra: Partial<SpaceOrder> = {}) =>
    space.as("setup", (session, id) =>
      setUpSpace(session, { spec: space.spec, id, version: "1.0.0", channels, ...extra }),
    );

  test("a space is made whole, once", async () => {
    verifies("REG-36", "REG-40", "REG-43");
    await using space = await startOperatorSpace({ bare: true });
    const before = Date.now();
    const first = await setUp(space);
    expect(first.streams.every(({ kind }) => kind === "created")).toBe(true);
    const { created, ...facts } = first.record;
    expect(facts).toEqual({
      v: 1,
      mode: "auth",
      shards: 2,
      backstop: true,
      defaultClass: "durable",
      version: "1.0.0",
    });
    expect(created).toBeGreaterThanOrEqual(before);
    await expectComplete(space);
    const second = await setUp(space, {
      version: "2.0.0",
      channels: { general: { v: 1, description: "other" }, late: { v: 1 } },
    });
    expect(second.streams.every(({ kind }) => kind === "unchanged")).toBe(true);
    expect(second.record).toEqual(first.record);
    await space.as(space.mint({}), async (session, id) => {
      const registry = await openRegistry(session, channelsRegistry, { space: space.spec.space, id });
      expect(registry.get("general")).toMatchObject({ value: { description: "talk" } });
      expect(registry.entries().map(({ key }) => key)).toEqual(["=defaults", "general", "late"]);
      const facts = await openRegistry(session, spaceRegistry, { space: space.spec.space, id });
      expect(facts.get("space")).toMatchObject({ kind: "found", value: first.record, revision: 1 });
    });
  });

  test("a space without a backstop is given one, once, and its class of channels stays", async () => {
    verifies("REG-43");
    await using space = await startOperatorSpace({ bare: true });
    const { record } = await setUp(space, { backstop: false, defaultClass: "live" });
    expect(record).toMatchObject({ backstop: false, defaultClass: "live" });
    const given = await setUp(space);
    expect(given.record).toEqual({ ...record, backstop: true });
    expect(given.streams.every(({ kind }) => kind === "unchanged")).toBe(true);
    expect((await setUp(space)).record).toEqual(given.record);
    await space.as(space.mint({}), async (session, id) => {
      const facts = await openRegistry(session, spaceRegistry, { space: space.spec.space, id });
      expect(facts.get("space")).toMatchObject({ kind: "found", value: given.record, revision: 2 });
    });
  });

  test.each<[string, Partial<SpaceOrder>, string[]]>([
    ["another class", { defaultClass: "live" }, ["defaultClass"]],
    ["no backstop", { backstop: false }, ["backstop"]],
    ["more shards", { spec: specOf("acme", { shards: 5 }) }, ["shards"]],
  ])(
    "a space that was made otherwise is refused before anything changes: %s",
    async (_, extra, differing) => {
      verifies("REG-43");
      await using space = await startOperatorSpace({ bare: true });
      await setUp(space);
      const spec = { ...space.spec, ...extra.spec, ingest: space.spec.ingest };
      const failure = await failureOf(setUp(space, { ...extra, spec }));
      expect(failure).toMatchObject({ code: "space-differs", data: { differing } });
      await expectComplete(space);
      const { account_details = [] } = await space.broker.jsz();
      const streams = account_details.flatMap(({ stream_detail = [] }) =>
        stream_detail.map(({ name }) => name),
      );
      expect(streams.sort()).toEqual(
        spaceTable(space.spec)
          .map(({ name }) => name)
          .sort(),
      );
    },
  );

  test.each([1, 4, 8, 13])(
    "a set-up that the broker's death cut off at change %i is completed",
    async (at) => {
      verifies("REG-35", "REG-40");
      await using space = await startOperatorSpace({ bare: true });
      const order = { spec: space.spec, version: "1.0.0", channels };
      let changes = 0;
      let killed: Promise<void> | undefined;
      const reach = (): void => {
        changes += 1;
        if (changes === at) killed = space.broker.kill();
      };
      const minted = space.mint({ profile: "setup", name: "first" });
      const failure = await withSession(
        space.broker.url,
        (session) => failureOf(setUpSpace(session, { ...order, id: minted.id })),
        { as: minted, faults: { reach } },
      );
      expect(["connection-lost", "outcome-unknown", "unreachable", "no-responders"]).toContain(failure.code);
      await killed;
      await space.broker.restart();
      const { streams, record } = await setUp(space);
      expect(streams.some(({ kind }) => kind === "created")).toBe(true);
      expect(record.mode).toBe("auth");
      await expectComplete(space);
    },
  );
});

describe("in an open space", () => {
  const broker = brokerOfFile();

  test("the class of channels is live, and writes go through the secret all the same", async () => {
    verifies("REG-36", "REG-1");
    await withSession(broker().url, async (session) => {
      const spec = specOf("free", { mode: "open" });
      const { record } = await setUpSpace(session, { spec, id: newId(), version: "1.0.0", channels });
      expect(record).toMatchObject({ mode: "open", backstop: false, defaultClass: "live" });
      const place = { space: asToken("space", "free"), id: newId() };
      const secret = spec.ingest(bucketName(place.space, "channels"));
      const open = await openRegistry(session, channelsRegistry, { ...place, secret });
      expect(open.entries().map(({ key }) => key)).toEqual(["=defaults", "general"]);
      expect(await open.put("late", { v: 1 }, { expectedRevision: 0 })).toMatchObject({ kind: "written" });
      const bare = await openRegistry(session, channelsRegistry, { ...place, id: newId() });
      expect((await failureOf(bare.put("late", { v: 1 }, {}))).code).toBe("stream-missing");
    });
  });
});
