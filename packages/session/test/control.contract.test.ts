import { eventually } from "@cotal/harness";
import { verifies } from "@cotal/requirements";
import { asToken, CotalError, formatSubject, type OwnerId, type Token } from "@cotal/subjects";
import { generateSeed, publicFromSeed } from "@cotal/wire";
import { headers, type Msg } from "@nats-io/nats-core";
import { describe, expect, test } from "vitest";
import { type Call, call } from "../src/call.ts";
import { systemClock } from "../src/clock.ts";
import type { LogEntry } from "../src/log.ts";
import { createResponder, type Operation, type Responder, type ResponderOptions } from "../src/responder.ts";
import type { Session } from "../src/session.ts";
import { brokerOfFile, codeOf, newLink, withSession } from "./support.ts";

const space = asToken("space", "main");
const service = asToken("service", "till");
const newId = (): OwnerId => publicFromSeed(generateSeed("user")) as OwnerId;
const alice = { id: newId(), name: "alice" };
const mallory = { id: newId(), name: "mallory" };

const broker = brokerOfFile();

interface Served {
  readonly session: Session;
  readonly responder: Responder;
  readonly log: readonly LogEntry[];
}

/** A responder on a connection of its own, and the session of somebody who asks. */
async function serving(
  operations: Record<string, Operation>,
  run: (served: Served) => Promise<void>,
  options: Partial<ResponderOptions> = {},
): Promise<void> {
  const log: LogEntry[] = [];
  const responder = createResponder({
    space,
    service,
    policy: { maxBytes: 1_000_000, signatures: "none" },
    operations,
    clock: systemClock,
    log: (entry) => log.push(entry),
    ...options,
  });
  const host = newLink(broker().url, { capabilities: [responder] });
  await host.link.start();
  try {
    await withSession(broker().url, (session) => run({ session, responder, log }));
  } finally {
    await host.link.stop();
  }
}

const ask = (session: Session, op: string, more: Partial<Call> = {}) =>
  call(session, { space, service, op, from: alice, ...more });

const subjectOf = (sender: OwnerId, of: Token = service): string =>
  formatSubject({ kind: "ctl", space, service: of, sender });
const replyOf = (sender: OwnerId, of: Token = service): string =>
  formatSubject({ kind: "reply", space, service: of, sender, nonce: asToken("nonce", "n1") });
const questionOf = (from: object, op = "add"): string => JSON.stringify({ v: 1, id: "q1", op, from });

describe("control request", () => {
  test("carries a question to its operation and the answer back", async () => {
    verifies("SESS-60", "SESS-62");
    const add: Operation = async (args, { sender }) => ({
      sum: (args as number[]).reduce((a, b) => a + b),
      sender,
    });
    await serving({ add, nothing: async () => undefined }, async ({ session }) => {
      expect(await ask(session, "add", { args: [1, 2, 3] })).toEqual({
        v: 1,
        ok: true,
        data: { sum: 6, sender: alice.id },
      });
      expect(await ask(session, "nothing")).toEqual({ v: 1, ok: true });
    });
  });

  test("is not carried out when its answer would go anywhere but below its own subject", async () => {
    verifies("SESS-60");
    let carriedOut = 0;
    const add: Operation = async () => ++carriedOut;
    await serving({ add }, async ({ session, responder }) => {
      const { connection } = session;
      const overheard: Msg[] = [];
      connection.subscribe("victim.>", { callback: (_, message) => void overheard.push(message) });
      connection.subscribe(replyOf(mallory.id), { callback: (_, message) => void overheard.push(message) });
      const subject = subjectOf(alice.id);
      const other = asToken("service", "other");
      const foreign = [
        "victim.lane",
        replyOf(mallory.id),
        replyOf(alice.id, other),
        `${subject}.reply.a.b`,
        subject,
      ];
      for (const reply of foreign) connection.publish(subject, questionOf(alice), { reply });
      connection.publish(subject, questionOf(alice));
      await eventually(() => expect(responder.dropped["foreign-reply"]).toBe(foreign.length + 1));
      expect(carriedOut).toBe(0);
      expect(overheard).toEqual([]);
    });
  });

  test("is not carried out when it names another sender, is malformed, or carries foreign headers", async () => {
    verifies("SESS-60", "SESS-63");
    let carriedOut = 0;
    const add: Operation = async () => ++carriedOut;
    await serving({ add }, async ({ session }) => {
      const raw = async (body: string, set = headers()): Promise<unknown> => {
        const answer = await session.connection.request(subjectOf(alice.id), body, {
          noMux: true,
          reply: replyOf(alice.id),
          timeout: 10_000,
          headers: set,
        });
        return answer.json();
      };
      const rollup = headers();
      rollup.set("Nats-Rollup", "all");
      const refused = { ok: false, error: { code: "bad-request" } };
      expect(await raw(questionOf(mallory))).toMatchObject(refused);
      expect(await raw("not json")).toMatchObject(refused);
      expect(await raw("")).toMatchObject(refused);
      expect(await raw(JSON.stringify({ v: 2, op: "add", from: alice }))).toMatchObject(refused);
      expect(await raw(questionOf(alice), rollup)).toMatchObject(refused);
      expect(carriedOut).toBe(0);
    });
  });

  test("repeated, is answered from memory: while in work, later, and on a later connection", async () => {
    verifies("SESS-61", "SESS-65");
    let carriedOut = 0;
    const operations: Record<string, Operation> = {
      pay: async () => {
        await new Promise((resolve) => setTimeout(resolve, 50));
        return ++carriedOut;
      },
    };
    const responder = createResponder({
      space,
      service,
      policy: { maxBytes: 1_000_000, signatures: "none" },
      operations,
      clock: systemClock,
      log: () => undefined,
    });
    const host = newLink(broker().url, { capabilities: [responder] });
    await host.link.start();
    await withSession(broker().url, async (session) => {
      const first = { v: 1, ok: true, data: 1 };
      const repeated = { id: "order-1", timeoutMs: 20_000 };
      expect(await Promise.all([ask(session, "pay", repeated), ask(session, "pay", repeated)])).toEqual([
        first,
        first,
      ]);
      expect(await ask(session, "pay", repeated)).toEqual(first);
      await host.link.reconnect();
      expect(await ask(session, "pay", repeated)).toEqual(first);
      expect(await ask(session, "pay", { ...repeated, from: mallory })).toEqual({ v: 1, ok: true, data: 2 });
    });
    await host.link.stop();
    expect(responder.health()).toMatchObject({ kind: "down" });
  });

  test("tells nobody there, no answer in time, and an aborted wait apart", async () => {
    verifies("SESS-62");
    const stuck: Operation = () => new Promise(() => undefined);
    await serving({ stuck }, async ({ session }) => {
      const nobody = asToken("service", "nobody");
      expect(await codeOf(ask(session, "x", { service: nobody }))).toBe("no-responders");
      const late = await ask(session, "stuck", { id: "again", timeoutMs: 200 }).catch(
        (error: unknown) => error,
      );
      expect(late).toMatchObject({ code: "outcome-unknown", data: { id: "again" } });
      const abort = new AbortController();
      const waiting = ask(session, "stuck", { signal: abort.signal, timeoutMs: 300 });
      abort.abort("enough");
      await expect(waiting).rejects.toBe("enough");
      await expect(ask(session, "stuck", { signal: abort.signal })).rejects.toBe("enough");
    });
  });

  test("that fails is answered with a code, and the text of a defect stays in the log", async () => {
    verifies("SESS-63");
    const operations: Record<string, Operation> = {
      refuse: async () => {
        throw new CotalError("bad-channel", "no such thing", { hint: "use another" });
      },
      crash: async () => {
        throw new Error("the password is hunter2");
      },
      unspeakable: async () => 10n,
    };
    await serving(operations, async ({ session, log }) => {
      expect(await ask(session, "refuse")).toEqual({
        v: 1,
        ok: false,
        error: { code: "bad-channel", message: "no such thing", hint: "use another" },
      });
      for (const op of ["crash", "unspeakable"]) {
        const reply = await ask(session, op);
        expect(reply).toMatchObject({ ok: false, error: { code: "internal" } });
        expect(JSON.stringify(reply)).not.toContain("hunter2");
      }
      expect(JSON.stringify(log)).toContain("hunter2");
      for (const op of ["missing", "toString", "constructor", "__proto__"]) {
        expect(await ask(session, op)).toMatchObject({ ok: false, error: { code: "unknown-op" } });
      }
    });
  });

  test("meets a bounded number at work, and busy is an answer that is not remembered", async () => {
    verifies("SESS-64");
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    let most = 0;
    let working = 0;
    const slow: Operation = async () => {
      most = Math.max(most, ++working);
      await gate;
      working--;
      return "done";
    };
    await serving(
      { slow },
      async ({ session }) => {
        const asked = Array.from({ length: 8 }, (_, at) =>
          ask(session, "slow", { id: `q${at}`, timeoutMs: 60_000 }),
        );
        const busy = asked.slice(5).map((answer) => answer.then((reply) => !reply.ok && reply.error.code));
        expect(await Promise.all(busy)).toEqual(["busy", "busy", "busy"]);
        release();
        for (const answer of asked.slice(0, 5))
          expect(await answer).toMatchObject({ ok: true, data: "done" });
        expect(most).toBe(2);
        expect(await ask(session, "slow", { id: "q7" })).toMatchObject({ ok: true });
      },
      { concurrency: 2, backlog: 3 },
    );
  });

  test("with an answer larger than the broker takes gets told so", async () => {
    await serving({ huge: async () => "x".repeat(2_000_000) }, async ({ session }) => {
      expect(await ask(session, "huge")).toMatchObject({ ok: false, error: { code: "too-large" } });
    });
  });
});
