import { startTestBroker, withSession } from "@cotal/harness";
import { brokerOfFile } from "@cotal/harness/broker-of-file";
import { verifies } from "@cotal/requirements";
import { requestApi, type Session } from "@cotal/session";
import { headers } from "@nats-io/nats-core";
import { describe, expect, test } from "vitest";
import { describeSpace } from "../src/describe-space.ts";
import { ensureSpace, type SpaceSpec } from "../src/ensure-space.ts";
import { spaceTable } from "../src/space-table.ts";
import { failureOf, secretOf, specOf } from "./support.ts";

const broker = brokerOfFile();

const namesOf = (spec: SpaceSpec) => spaceTable(spec).map(({ name }) => name);
const rawConfig = async (session: Session, name: string) =>
  (await requestApi<{ config: Record<string, unknown> }>(session, `STREAM.INFO.${name}`)).config;
const change = async (session: Session, name: string, fields: object) =>
  requestApi(session, `STREAM.UPDATE.${name}`, { ...(await rawConfig(session, name)), ...fields });

async function expectComplete(session: Session, spec: SpaceSpec): Promise<void> {
  const reports = await describeSpace(session, spec);
  expect(reports.map(({ stream }) => stream)).toEqual(namesOf(spec));
  expect(reports.filter((report) => report.kind === "absent" || report.drifts.length > 0)).toEqual([]);
}

const expectNoSecret = (spec: SpaceSpec, value: unknown): void => {
  const text = JSON.stringify(value);
  for (const { ingest } of spaceTable(spec))
    if (ingest !== undefined) expect(text).not.toContain(secretOf(ingest));
};

describe("a space is set up", () => {
  test("whole, and again without a change", async () => {
    verifies("REG-34", "REG-35", "REG-37", "REG-5");
    await withSession(broker().url, async (session) => {
      const spec = specOf("fresh");
      const before = await describeSpace(session, spec);
      expect(before.every(({ kind }) => kind === "absent")).toBe(true);
      expect(await ensureSpace(session, spec)).toEqual(
        namesOf(spec).map((stream) => ({ kind: "created", stream })),
      );
      expect(await ensureSpace(session, spec)).toEqual(
        namesOf(spec).map((stream) => ({ kind: "unchanged", stream })),
      );
      await expectComplete(session, spec);
      const reports = await describeSpace(session, spec);
      expect(reports.map((report) => report.kind === "present" && report.config)).toEqual(
        spaceTable(spec).map(({ config }) => config),
      );
      expectNoSecret(spec, [before, reports]);
    });
  });

  test("by two at once, who both succeed", async () => {
    verifies("REG-35");
    await withSession(broker().url, async (session) => {
      for (const round of [1, 2, 3]) {
        const spec = specOf(`both${round}`);
        await withSession(broker().url, (other) =>
          Promise.all([ensureSpace(session, spec), ensureSpace(other, spec)]),
        );
        await expectComplete(session, spec);
      }
    });
  });

  test("also when somebody makes one of its streams differently in between", async () => {
    verifies("REG-35");
    const spec = specOf("raced");
    const [chat] = spaceTable(spec);
    let made = false;
    const makeOther = async (): Promise<void> => {
      if (made) return;
      made = true;
      const config = { ...chat?.config, name: chat?.name, allow_direct: true };
      await withSession(broker().url, (other) => requestApi(other, `STREAM.CREATE.${chat?.name}`, config));
    };
    await withSession(
      broker().url,
      async (session) => {
        const [first] = await ensureSpace(session, spec);
        expect(first).toMatchObject({ kind: "repaired", drifts: [{ field: "allow_direct" }] });
        await expectComplete(session, spec);
      },
      { faults: { reach: makeOther } },
    );
  });

  test.each([1, 2, 5, 9, 14])("completely, after the broker was killed at change %i", async (at) => {
    verifies("REG-35");
    await using own = await startTestBroker();
    const spec = specOf("cut");
    let changes = 0;
    let killed: Promise<void> | undefined;
    const kill = (): void => {
      changes += 1;
      if (changes === at) killed = own.kill();
    };
    const failure = await withSession(own.url, (session) => failureOf(ensureSpace(session, spec)), {
      faults: { reach: kill },
    });
    expect(["connection-lost", "outcome-unknown", "no-responders"]).toContain(failure.code);
    await killed;
    await own.restart();
    await withSession(own.url, async (session) => {
      const outcomes = await ensureSpace(session, spec);
      expect(outcomes.some(({ kind }) => kind === "created")).toBe(true);
      await expectComplete(session, spec);
    });
  });
});

describe("drift", () => {
  const repairable: readonly (readonly [stream: string, fields: Record<string, unknown>])[] = [
    ["CHAT_drift", { allow_direct: true }],
    ["CHAT_drift", { allow_rollup_hdrs: true }],
    ["CHAT_drift", { allow_atomic: true }],
    ["CHAT_drift", { max_bytes: 1_000_000 }],
    ["CHAT_drift", { max_bytes: 1e9 }],
    ["CHAT_drift", { max_age: 3600e9 }],
    ["CHAT_drift", { max_age: 0 }],
    ["CHAT_drift", { max_msgs: 10 }],
    ["CHAT_drift", { max_msgs_per_subject: 5 }],
    ["CHAT_drift", { max_msg_size: 100 }],
    ["CHAT_drift", { duplicate_window: 1e9 }],
    ["CHAT_drift", { republish: { src: "cotal.drift.chat.>", dest: "leak.>" } }],
    ["CHAT_drift", { no_ack: true }],
    ["DM_drift", { discard: "old", discard_new_per_subject: false }],
    ["DM_drift", { max_msgs_per_subject: 5 }],
    ["DM_drift", { subjects: ["cotal.drift.inst.*.*", "more.>"] }],
    ["DLV_drift_0", { allow_atomic: false }],
    ["KV_cotal_acl_drift", { subjects: ["$KV.cotal_acl_drift.>"], subject_transform: null }],
    ["KV_cotal_acl_drift", { subject_transform: null }],
    ["KV_cotal_acl_drift", { sources: [{ name: "CHAT_drift" }] }],
    ["KV_cotal_presence_drift", { allow_direct: true }],
  ];

  test("that can be repaired is, and each field is reported", async () => {
    verifies("REG-35", "REG-28");
    await withSession(broker().url, async (session) => {
      const spec = specOf("drift");
      await ensureSpace(session, spec);
      for (const [stream, fields] of repairable) {
        await change(session, stream, fields);
        const seen = (await describeSpace(session, spec)).flatMap((one) =>
          one.kind === "present" ? one.drifts : [],
        );
        const outcomes = await ensureSpace(session, spec);
        const repaired = outcomes.filter((one) => one.kind === "repaired");
        expect(repaired, JSON.stringify(fields)).toMatchObject([{ stream }]);
        expect(repaired.flatMap(({ drifts }) => drifts)).toEqual(seen);
        expect(seen.map(({ field }) => field).sort()).toEqual(expect.arrayContaining(Object.keys(fields)));
        expectNoSecret(spec, outcomes);
        await expectComplete(session, spec);
      }
    });
  });

  const refusable: readonly (readonly [stream: string, fields: Record<string, unknown>])[] = [
    ["CHAT_kept", { discard: "new" }],
    ["CHAT_kept", { duplicate_window: 600e9 }],
    ["CHAT_kept", { deny_purge: true }],
    ["DM_kept", { subjects: ["something.else"] }],
    ["DLV_kept_1", { allow_rollup_hdrs: false }],
    [
      "KV_cotal_acl_kept",
      {
        subjects: [`in.${secretOf("x")}.$KV.cotal_acl_kept.>`],
        subject_transform: { src: `in.${secretOf("x")}.>`, dest: ">" },
      },
    ],
  ];

  test("that could do harm is refused, and nothing is changed", async () => {
    verifies("REG-35", "REG-5");
    await withSession(broker().url, async (session) => {
      for (const [stream, fields] of refusable) {
        const spec = specOf("kept");
        const names = namesOf(spec);
        await ensureSpace(session, spec);
        await change(session, stream, fields);
        await change(session, "TASK_kept", { allow_direct: true });
        const before = await Promise.all(names.map((name) => rawConfig(session, name)));
        const failure = await failureOf(ensureSpace(session, spec));
        expect(failure.code).toBe("space-drift");
        const drifts = failure.data.drifts as readonly { stream: string; field: string; action: string }[];
        for (const field of Object.keys(fields)) {
          expect(drifts).toContainEqual(expect.objectContaining({ stream, field, action: "refuse" }));
        }
        expect(drifts).toContainEqual(expect.objectContaining({ stream: "TASK_kept", action: "repair" }));
        expectNoSecret(spec, [failure.message, failure.hint, failure.data]);
        expect(JSON.stringify(failure.data)).not.toContain(secretOf("x"));
        expect(await Promise.all(names.map((name) => rawConfig(session, name)))).toEqual(before);
        for (const name of names) await requestApi(session, `STREAM.DELETE.${name}`);
      }
    });
  });

  test("of storage, retention or a limit below what is used is refused", async () => {
    verifies("REG-35");
    await withSession(broker().url, async (session) => {
      const spec = specOf("used");
      await requestApi(session, "STREAM.CREATE.TASK_used", {
        ...spaceTable(spec).find(({ name }) => name === "TASK_used")?.config,
        name: "TASK_used",
        retention: "workqueue",
        storage: "memory",
      });
      const moved = await failureOf(ensureSpace(session, spec));
      expect(moved.message).toMatch(/retention of TASK_used, storage of TASK_used/);
      await requestApi(session, "STREAM.DELETE.TASK_used");
      await ensureSpace(session, spec);
      const limit = (await rawConfig(session, "CHAT_used")).max_bytes as number;
      await change(session, "CHAT_used", { max_bytes: limit * 2 });
      const body = new Uint8Array(900_000);
      const owner = `U${"A".repeat(55)}`;
      for (let stored = 0; stored <= limit; stored += body.length) {
        await session.connection.request(`cotal.used.chat.${owner}.general`, body);
      }
      const shrunk = await failureOf(ensureSpace(session, spec));
      expect(shrunk.data.drifts).toMatchObject([
        { stream: "CHAT_used", field: "max_bytes", action: "refuse" },
      ]);
    });
  });

  test("of a sender's share waits while somebody has more than that, and nothing is lost", async () => {
    verifies("REG-35", "DLV-111");
    await withSession(broker().url, async (session) => {
      const spec = specOf("older");
      await ensureSpace(session, spec);
      await change(session, "DM_older", { max_msgs_per_subject: -1, discard_new_per_subject: false });
      const subject = `cotal.older.inst.U${"A".repeat(55)}.U${"B".repeat(55)}`;
      const send = (): Promise<unknown> => session.connection.request(subject, "x");
      for (let sent = 0; sent < 5_500; sent += 500) await Promise.all(Array.from({ length: 500 }, send));
      const drifts = (await ensureSpace(session, spec)).filter(({ kind }) => kind !== "unchanged");
      expect(drifts).toEqual([]);
      const seen = (await describeSpace(session, spec)).flatMap((one) =>
        one.kind === "present" ? one.drifts : [],
      );
      expect(seen.map(({ field, action }) => [field, action])).toEqual([
        ["discard_new_per_subject", "wait"],
        ["max_msgs_per_subject", "wait"],
      ]);
      await requestApi(session, "STREAM.PURGE.DM_older", { filter: subject, keep: 4_999 });
      expect(await ensureSpace(session, spec)).toContainEqual(
        expect.objectContaining({ kind: "repaired", stream: "DM_older" }),
      );
      await expectComplete(session, spec);
    });
  });

  test("that the broker itself cannot undo comes as its refusal, without a secret", async () => {
    verifies("REG-5");
    await withSession(broker().url, async (session) => {
      const spec = specOf("clash");
      await requestApi(session, "STREAM.CREATE.BLOCK", {
        name: "BLOCK",
        subjects: [`in.${secretOf("cotal_acl_clash")}.>`],
        storage: "memory",
        max_bytes: 1000,
      });
      const failure = await failureOf(ensureSpace(session, spec));
      expect(failure.code).toBe("refused");
      expect(failure.data.stream).toBe("KV_cotal_acl_clash");
      expectNoSecret(spec, [failure.message, failure.data, String(failure.cause)]);
    });
  });
});

describe("on a space that was set up", () => {
  const spec = specOf("live");
  const bucket = "cotal_acl_live";
  const key = `$KV.${bucket}.k`;
  const ingestKey = `in.${secretOf(bucket)}.${key}`;

  const inSpace = (run: (session: Session) => Promise<void>) =>
    withSession(broker().url, async (session) => {
      await ensureSpace(session, spec);
      await run(session);
    });
  const put = async (
    session: Session,
    subject: string,
    value: string,
    fields: Record<string, string> = {},
  ) => {
    const set = headers();
    for (const [name, text] of Object.entries(fields)) set.set(name, text);
    const answer = await session.connection.request(subject, value, {
      headers: set,
      timeout: 10_000,
    });
    return answer.json<{ seq: number; error?: { err_code: number } }>();
  };
  const stored = (session: Session, stream: string, subject: string) =>
    requestApi<{ message: { seq: number; data: string } }>(session, `STREAM.MSG.GET.${stream}`, {
      last_by_subj: subject,
    }).then(({ message }) => Buffer.from(message.data, "base64").toString());

  test("no stream answers direct reads", async () => {
    verifies("REG-28");
    await inSpace(async (session) => {
      for (const name of namesOf(spec)) {
        await expect(session.connection.request(`$JS.API.DIRECT.GET.${name}`, '{"seq":1}')).rejects.toThrow(
          "no responders",
        );
      }
    });
  });

  test("a bucket is written through its ingest alone, with compare-and-set, and keeps one value", async () => {
    verifies("REG-1");
    await inSpace(async (session) => {
      const { seq } = await put(session, ingestKey, "first");
      await expect(session.connection.request(key, "plain")).rejects.toThrow("no responders");
      expect(await stored(session, `KV_${bucket}`, key)).toBe("first");
      const expecting = { "Nats-Expected-Last-Subject-Sequence": String(seq) };
      expect((await put(session, ingestKey, "second", expecting)).error).toBeUndefined();
      expect((await put(session, ingestKey, "third", expecting)).error?.err_code).toBe(10071);
      expect(await stored(session, `KV_${bucket}`, key)).toBe("second");
      expect(
        (await requestApi<{ state: { messages: number } }>(session, `STREAM.INFO.KV_${bucket}`)).state
          .messages,
      ).toBe(1);
    });
  });

  test("an answer sent to a key is stored only where there is no ingest", async () => {
    verifies("REG-1");
    await inSpace(async (session) => {
      const value = await put(session, ingestKey, "kept").then(() => stored(session, `KV_${bucket}`, key));
      const trick = async (reply: string): Promise<void> => {
        session.connection.publish("cotal.live.chat.U.general", "x", { reply });
        session.connection.publish("$JS.API.INFO", "", { reply });
        await put(session, "cotal.live.inst.A.B", "after both");
      };
      await trick(key);
      expect(await stored(session, `KV_${bucket}`, key)).toBe(value);

      await requestApi(session, "STREAM.CREATE.KV_bare", {
        name: "KV_bare",
        subjects: ["$KV.bare.>"],
        storage: "memory",
        max_bytes: 100_000,
      });
      await put(session, "$KV.bare.k", "kept");
      await trick("$KV.bare.k");
      await expect.poll(() => stored(session, "KV_bare", "$KV.bare.k"), { timeout: 30_000 }).not.toBe("kept");
      expect(await stored(session, `KV_${bucket}`, key)).toBe(value);
    });
  });

  test("a full queue refuses the sender and evicts nothing", async () => {
    verifies("REG-31");
    await inSpace(async (session) => {
      for (const [stream, subject] of [
        ["DM_live", "cotal.live.inst.C.D"],
        ["TASK_live", "cotal.live.svc.review.D"],
      ] as const) {
        const limit = (await rawConfig(session, stream)).max_bytes as number;
        const first = await put(session, subject, "first");
        const sent = Math.ceil(limit / 500_000) + 1;
        let refused = 0;
        for (let at = 0; at < sent; at += 1) {
          const { error } = await put(session, subject, "x".repeat(500_000));
          if (error) refused += 1;
        }
        expect(refused).toBeGreaterThan(0);
        const kept = await requestApi<{ message: { data: string } }>(session, `STREAM.MSG.GET.${stream}`, {
          seq: first.seq,
        });
        expect(Buffer.from(kept.message.data, "base64").toString()).toBe("first");
      }
    });
  });

  test("presence refuses to be rolled up and never will be able to", async () => {
    verifies("REG-4");
    await inSpace(async (session) => {
      const of = (name: string) => `$KV.cotal_presence_live.${name}`;
      await put(session, of("a"), "1");
      for (const scope of ["all", "sub"]) {
        expect((await put(session, of("b"), "2", { "Nats-Rollup": scope })).error).toBeDefined();
      }
      expect(await stored(session, "KV_cotal_presence_live", of("a"))).toBe("1");
      const batch = { "Nats-Batch-Id": "x", "Nats-Batch-Sequence": "1", "Nats-Batch-Commit": "1" };
      expect((await put(session, of("b"), "2", batch)).error).toBeDefined();
      const schedule = { "Nats-Schedule": "@every 1s", "Nats-Schedule-Target": of("a") };
      expect((await put(session, of("b"), "2", schedule)).error).toBeDefined();
      for (const fields of [
        { allow_rollup_hdrs: true },
        { subject_delete_marker_ttl: 1e9 },
        { allow_msg_schedules: true },
      ]) {
        expect((await failureOf(change(session, "KV_cotal_presence_live", fields))).code).toBe("refused");
      }
    });
  });
});
