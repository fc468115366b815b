import { verifies } from "@cotal/requirements";
import { expect, test } from "vitest";
import type { Credential } from "../src/dial.ts";
import { requestApi } from "../src/js-api.ts";
import type { Session } from "../src/session.ts";
import { store } from "../src/store.ts";
import { brokerOfFile, codeOf, makeStream, withSession } from "./support.ts";

const rights = `
authorization {
  users = [
    { user: all, password: all }
    { user: few, password: few, permissions: { publish: ["notes.open"], subscribe: ["_INBOX.>"] } }
  ]
}
`;
const broker = brokerOfFile({ extraConfig: rights });
const as = (user: string): { credentials: () => Credential } => ({
  credentials: () => ({ mark: user, options: { user, pass: user } }),
});

/** Runs with a stream that takes `notes.>`, as somebody who may do everything. */
const withStream = (run: (session: Session) => Promise<void>): Promise<void> =>
  withSession(
    broker().url,
    async (session) => {
      await makeStream(session, "notes");
      try {
        await run(session);
      } finally {
        await requestApi(session, "STREAM.DELETE.notes");
      }
    },
    as("all"),
  );

test("what is stored has a place, and stored again under its id it keeps that place", async () => {
  verifies("SESS-55");
  await withStream(async (session) => {
    const note = { subject: "notes.open", data: "one", headers: { "Nats-Msg-Id": "a" } };
    expect(await store(session, note)).toEqual({ stream: "notes", seq: 1, duplicate: false });
    expect(await store(session, note)).toEqual({ stream: "notes", seq: 1, duplicate: true });
    expect(await store(session, { subject: "notes.open", data: "" })).toEqual({
      stream: "notes",
      seq: 2,
      duplicate: false,
    });
  });
});

test("a store that the broker refuses, and one without an answer, are told apart by their codes", async () => {
  verifies("SESS-55");
  await withStream(async (all) => {
    await withSession(
      broker().url,
      async (few) => {
        const refused = ["notes.closed", "nowhere"].map((subject) =>
          codeOf(store(few, { subject, data: "" })),
        );
        expect(await Promise.all(refused)).toEqual(["not-allowed", "not-allowed"]);
        expect(await store(few, { subject: "notes.open", data: "still" })).toEqual({
          stream: "notes",
          seq: 1,
          duplicate: false,
        });
      },
      as("few"),
    );
    expect(await codeOf(store(all, { subject: "nowhere", data: "" }))).toBe("no-responders");
    const headers = { "Nats-Expected-Last-Sequence": "999" };
    expect(await codeOf(store(all, { subject: "notes.open", data: "", headers }))).toBe("fenced");
    await broker().pause();
    const unanswered = await codeOf(store(all, { subject: "notes.open", data: "", timeoutMs: 200 }));
    await broker().resume();
    expect(unanswered).toBe("outcome-unknown");
  });
});
