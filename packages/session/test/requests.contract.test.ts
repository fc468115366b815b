import { verifies } from "@cotal/requirements";
import { expect, test } from "vitest";
import { createFakeClock } from "../src/fake-clock.ts";
import { createRequests, type Question, type Requests } from "../src/requests.ts";
import type { Session } from "../src/session.ts";
import { brokerOfFile, codeOf, textOf, withSession } from "./support.ts";

const broker = brokerOfFile();

/** Somebody who answers what is asked of `echo`, with its text, and hears `silence` without a word. */
function answering(session: Session, mayAnswer: () => boolean = () => true): void {
  session.connection.subscribe("silence");
  session.connection.subscribe("echo", {
    callback: (_, message) => {
      if (mayAnswer()) message.respond(message.data);
    },
  });
}

const ask = (requests: Requests, subject: string, more: Partial<Question> = {}): Promise<string> =>
  requests.ask({ subject, data: subject, timeoutMs: 10_000, ...more }).then(textOf);

test("many questions at once get their own answers through one subscription", async () => {
  verifies("SESS-57");
  await withSession(broker().url, async (session) => {
    answering(session);
    const numbers = Array.from({ length: 2_000 }, (_, number) => String(number));
    const answers = numbers.map((data) => ask(session.requests, "echo", { data }));
    expect(session.requests.waiting).toBe(2_000);
    expect(await Promise.all(answers)).toEqual(numbers);
    expect(session.requests.waiting).toBe(0);
    const { connections } = await broker().connz();
    expect(connections.map(({ subscriptions }) => subscriptions)).toEqual([3]);
  });
});

test("a question nobody serves and one nobody answers fail with their codes, each at its time", async () => {
  verifies("SESS-58");
  await withSession(broker().url, async (session) => {
    const clock = createFakeClock();
    const requests = createRequests({ ...session, clock });
    answering(session);
    expect(await codeOf(ask(requests, "nowhere"))).toBe("no-responders");
    const late = codeOf(ask(requests, "silence", { timeoutMs: 5_000 }));
    const soon = codeOf(ask(requests, "silence", { timeoutMs: 200 }));
    await session.connection.flush();
    expect(clock.pending).toBe(1);
    await clock.advance(199);
    expect(requests.waiting).toBe(2);
    await clock.advance(1);
    expect(await soon).toBe("outcome-unknown");
    expect(requests.waiting).toBe(1);
    await clock.advance(4_800);
    expect(await late).toBe("outcome-unknown");
    expect([requests.waiting, clock.pending]).toEqual([0, 0]);
  });
});

test("an answer that comes too late, or twice, is nobody's", async () => {
  verifies("SESS-57");
  await withSession(broker().url, async (session) => {
    const clock = createFakeClock();
    const requests = createRequests({ ...session, clock });
    const places: string[] = [];
    session.connection.subscribe("slow", { callback: (_, { reply = "" }) => void places.push(reply) });
    session.connection.subscribe("twice", {
      callback: (_, message) => {
        message.respond("first");
        message.respond("second");
      },
    });
    const slow = codeOf(ask(requests, "slow", { timeoutMs: 100 }));
    await session.connection.flush();
    await clock.advance(100);
    expect(await slow).toBe("outcome-unknown");
    session.connection.publish(places[0] ?? "", "late");
    expect(await ask(requests, "twice")).toBe("first");
    await session.connection.flush();
    expect(await ask(requests, "twice")).toBe("first");
  });
});

test("when the connection ends every question fails and no timer is left", async () => {
  verifies("SESS-58");
  await withSession(broker().url, async (session) => {
    const clock = createFakeClock();
    const requests = createRequests({ ...session, clock });
    answering(session);
    const asked = Array.from({ length: 3 }, () => codeOf(ask(requests, "silence")));
    await session.connection.close();
    expect(await Promise.all(asked)).toEqual(["connection-lost", "connection-lost", "connection-lost"]);
    expect(await codeOf(ask(requests, "echo"))).toBe("connection-lost");
    expect([requests.waiting, clock.pending]).toEqual([0, 0]);
  });
});

test("a time that is none is refused, and one that no timer can be set for is waited for all the same", async () => {
  verifies("SESS-58");
  await withSession(broker().url, async (session) => {
    const clock = createFakeClock();
    const requests = createRequests({ ...session, clock });
    answering(session);
    for (const timeoutMs of [0, -1, Number.NaN]) {
      expect(await codeOf(ask(requests, "echo", { timeoutMs }))).toBe("bad-options");
    }
    const dayMs = 24 * 3_600_000;
    const month = codeOf(ask(requests, "silence", { timeoutMs: 30 * dayMs }));
    await clock.advance(29 * dayMs);
    expect([requests.waiting, clock.pending]).toEqual([1, 1]);
    await clock.advance(dayMs);
    expect(await month).toBe("outcome-unknown");
  });
});
