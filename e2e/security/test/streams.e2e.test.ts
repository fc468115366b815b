import { eventually } from "@cotal/harness";
import { verifies } from "@cotal/requirements";
import { adminApi } from "@cotal/trust";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Cast, headersOf, listenTo, startCast } from "./cast.ts";
import { connectRaw } from "./raw-user.ts";

let cast: Cast;

beforeAll(async () => {
  cast = await startCast();
});
afterAll(() => cast[Symbol.asyncDispose]());

const openBatch = (id: string): Record<string, string> => ({
  "Nats-Batch-Id": id,
  "Nats-Batch-Sequence": "1",
});
const wholeBatch = { ...openBatch("whole"), "Nats-Batch-Commit": "1" };

describe("a message that is stored later, elsewhere", () => {
  const soon = (target: string): Record<string, string> => ({
    "Nats-Schedule": `@at ${new Date(Date.now() + 100).toISOString()}`,
    "Nats-Schedule-Target": target,
  });

  test("is refused where agents write", async () => {
    verifies("TRUST-36");
    const { mallory, bob, messagesIn } = cast;
    const before = await messagesIn("CHAT_acme");
    const { error } = await mallory.ask(
      `cotal.acme.chat.${mallory.id}.lab`,
      "x",
      soon(`cotal.acme.chat.${bob.id}.lab`),
    );
    expect(error?.description).toContain("schedules is disabled");
    expect(await messagesIn("CHAT_acme")).toBe(before);
  });

  test("control: stands under the victim's subject where schedules are on", async () => {
    verifies("TRUST-37");
    const { attacked, withControl } = cast;
    await attacked.makeStream("LATER", {
      subjects: ["later.*"],
      allow_msg_schedules: true,
      allow_msg_ttl: true,
      allow_rollup_hdrs: true,
    });
    const eve = await withControl(["later.eve"]);
    expect((await eve.ask("later.eve", "forged", soon("later.victim"))).error).toBeUndefined();
    await eventually(async () => {
      const { message } = (await attacked.api("STREAM.MSG.GET.LATER", { last_by_subj: "later.victim" })) as {
        message?: { data: string };
      };
      expect(Buffer.from(message?.data ?? "", "base64").toString()).toBe("forged");
    });
  });
});

describe("sixty batches that are opened and left open", () => {
  const open = async (ask: (fields: Record<string, string>) => Promise<unknown>): Promise<void> => {
    for (let n = 0; n < 60; n++) await ask(openBatch(`left-${n}`));
  };

  test("stand in nobody's way where agents write, for there are no batches", async () => {
    verifies("TRUST-36");
    const { mallory, bob } = cast;
    await open(async (fields) => {
      const { error } = await mallory.ask(`cotal.acme.inst.${bob.id}.${mallory.id}`, "x", fields);
      expect(error?.description).toContain("atomic publish is disabled");
    });
    expect((await bob.ask(`cotal.acme.inst.${mallory.id}.${bob.id}`)).error).toBeUndefined();
  });

  test("control: shut everybody out where batches are on", async () => {
    verifies("TRUST-37");
    const { attacked, withControl } = cast;
    await attacked.makeStream("BATCHED", { subjects: ["batched.*"], allow_atomic: true });
    const eve = await withControl(["batched.eve"]);
    const victim = await withControl(["batched.victim"]);
    expect((await victim.ask("batched.victim", "x", wholeBatch)).error).toBeUndefined();
    await open(async (fields) => {
      // An opened batch is answered with nothing, a refused one with its reason.
      const inbox = `_INBOX_${eve.id}.b`;
      const answer = { reply: inbox, noMux: true, timeout: 20_000 };
      await eve.connection.request("batched.eve", "x", { ...answer, headers: headersOf(fields) });
    });
    expect((await victim.ask("batched.victim", "x", wholeBatch)).error?.description).toContain(
      "too many inflight",
    );
  });
});

describe("what a stream knows of its subjects", () => {
  test("is refused to an agent", async () => {
    verifies("TRUST-36");
    const { attacked, mallory } = cast;
    const raw = await connectRaw(attacked.fixture, mallory.minted);
    const subjects = [
      ...attacked.streams.flatMap((stream) => [
        `STREAM.INFO.${stream}`,
        `CONSUMER.NAMES.${stream}`,
        `CONSUMER.LIST.${stream}`,
      ]),
      "STREAM.NAMES",
      "STREAM.LIST",
    ].flatMap((asked) => ["js", "$JS.API", "adm.guess"].map((root) => `${root}.${asked}`));
    expect([...(await raw.attempt("publish", subjects))]).toEqual(subjects);
    await raw.close();
  });

  test("control: shows to whoever may ask who posts where", async () => {
    verifies("TRUST-37");
    const { bob, attacked, withControl } = cast;
    await bob.ask(`cotal.acme.chat.${bob.id}.lab`);
    const asked = `${adminApi(attacked.fixture.space)}.STREAM.INFO.CHAT_acme`;
    const eve = await withControl([asked]);
    const { state } = await eve.ask(asked, '{"subjects_filter":">"}');
    expect(state).toMatchObject({ subjects: { [`cotal.acme.chat.${bob.id}.lab`]: 1 } });
  });
});

describe("a right to read that ends in *", () => {
  test("is not to be had", () => {
    verifies("TRUST-36", "TRUST-48");
    for (const pattern of ["team.*", "*", "*.*"]) {
      expect(() => cast.attacked.fixture.mint({ allowSubscribe: [pattern] })).toThrow(
        /cannot be granted for reading/,
      );
    }
  });

  test("control: signed by hand, it reads what lies below", async () => {
    verifies("TRUST-37");
    const { attacked, withControl } = cast;
    const create = (filter: string): string => `js.CONSUMER.CREATE.CHAT_acme.eve.cotal.acme.chat.*.${filter}`;
    const eve = await withControl(["cotal.acme.chat.*.team.*", create("team.*")]);
    const ear = await listenTo(eve, "cotal.acme.chat.*.team.>");
    await attacked.root.request("cotal.acme.chat.x.team.a.b", "secret", { timeout: 20_000 });
    expect((await ear.nth(1)).subject).toBe("cotal.acme.chat.x.team.a.b");
    const config = { name: "eve", filter_subject: "cotal.acme.chat.*.team.>", ack_policy: "none" };
    const made = await eve.ask(create("team.>"), JSON.stringify({ stream_name: "CHAT_acme", config }));
    expect(made).toMatchObject({ num_pending: 1 });
  });
});
