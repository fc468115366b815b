import { verifies } from "@cotal/requirements";
import type { Entry, Session } from "@cotal/session";
import { CotalError } from "@cotal/subjects";
import { type Accepted, header } from "@cotal/wire";
import { headers } from "@nats-io/nats-core";
import { describe, expect, test } from "vitest";
import { createBurials } from "../src/burials.ts";
import type { Burial } from "../src/delivery-service.ts";
import { testViews } from "./support-channels.ts";
import { alice, bob, fakeCore, space } from "./support-receiving.ts";

const subject = `cotal.${space}.inst.${bob}.${alice}`;
const session = { connection: { info: { max_payload: 100_000 } } } as Session;
const accepted = { sender: alice, message: { id: "m1" } } as Accepted;
const given = { kind: "terminate", reason: "no use" };

function entryOf(fields: Readonly<Record<string, string>> = {}, size = 10): Entry {
  const set = headers();
  for (const [name, value] of Object.entries(fields)) set.set(name, value);
  const place = { seq: 5, storedAt: 1_000, delivery: 1, deliveries: 1, pending: 0, ackSubject: "" };
  return { subject, headers: set, data: new Uint8Array(size), ...place };
}

/** What is handed over goes to a list, unless the service fails. */
function peer({ backstop = true, open = false }: { backstop?: boolean; open?: boolean } = {}) {
  const buried: Burial[] = [];
  const service = { failure: undefined as CotalError | undefined };
  const { core, faults } = fakeCore({ open });
  const burials = createBurials(core, {
    views: testViews({ backstop }),
    service: {
      bury: async (burial) => {
        if (service.failure) throw service.failure;
        buried.push(burial);
      },
    },
  });
  const bury = (entry = entryOf(), what = accepted) =>
    burials.bury(session, { entry, accepted: what, reason: "no use" });
  return { burials, bury, buried, faults, service };
}

describe("what a peer gives up", () => {
  test("is handed over as its sender signed it, and then forgotten by its queue", async () => {
    verifies("ENDP-75");
    const { bury, buried } = peer();
    const signed = { [header.signature]: "s", [header.signedAt]: "1000", [header.dedupeId]: "x" };
    expect(await bury(entryOf(signed))).toEqual(given);
    const body = Buffer.alloc(10).toString("base64");
    const facts = { subject, reason: "no use", id: "m1" };
    const first = [
      [header.signature, "s"],
      [header.signedAt, "1000"],
    ];
    expect(buried).toEqual([{ ...facts, message: { headers: first, body, storedAt: 1_000, seq: 5 } }]);
    // A copy stands for something that was stored elsewhere, under another subject.
    const copy = { seq: 77, storedAt: 900, generation: 0, reason: "replay", letter: "abc" } as const;
    const original = `cotal.${space}.chat.${alice}.general`;
    await bury(entryOf({ [header.copySubject]: original }), { ...accepted, copy } as unknown as Accepted);
    expect(buried[1]).toMatchObject({
      subject: original,
      message: { storedAt: 900, seq: 77, letter: "abc" },
    });
  });

  test("stays with its queue while nobody can take it, of which one hears once", async () => {
    verifies("ENDP-75");
    const { bury, buried, faults, service } = peer();
    service.failure = new CotalError("no-responders", "nobody leads");
    expect(await bury()).toEqual({ kind: "retry", delayMs: 10_000 });
    expect(await bury()).toEqual({ kind: "retry", delayMs: 10_000 });
    expect(faults.map(({ code }) => code)).toEqual(["no-responders"]);
    service.failure = undefined;
    expect(await bury()).toEqual(given);
    expect(buried).toHaveLength(1);
    service.failure = new CotalError("no-responders", "nobody leads again");
    await bury();
    expect(faults).toHaveLength(2);
  });

  test("is forgotten when it is refused for good, and one hears of it", async () => {
    verifies("ENDP-75");
    for (const code of ["bad-request", "not-allowed", "peer-retired", "unknown-op"] as const) {
      const { bury, faults, service } = peer();
      service.failure = new CotalError(code, "never");
      expect(await bury()).toEqual(given);
      expect(faults.map((fault) => fault.code)).toEqual([code]);
    }
  });

  test("and is too large to be handed over is told of without its body", async () => {
    verifies("DLV-99");
    const { bury, buried } = peer();
    expect(await bury(entryOf({}, 62_000))).toEqual(given);
    expect(await bury(entryOf({}, 64_000))).toEqual(given);
    expect(buried.map(({ message }) => message !== undefined)).toEqual([true, false]);
  });

  test("is simply forgotten where nobody keeps it", async () => {
    for (const where of [{ backstop: false }, { open: true }]) {
      const { bury, burials, buried } = peer(where);
      expect(await bury()).toEqual(given);
      burials.note(entryOf(), "malformed-json");
      expect(buried).toEqual([]);
    }
  });
});

test("what cannot be read is noted once for each subject and reason, whatever becomes of the note", async () => {
  verifies("ENDP-76");
  const { burials, buried, faults, service } = peer();
  burials.note(entryOf(), "malformed-json");
  burials.note(entryOf(), "malformed-json");
  burials.note(entryOf(), "unsigned");
  expect(buried).toEqual([
    { subject, reason: "malformed-json" },
    { subject, reason: "unsigned" },
  ]);
  service.failure = new CotalError("no-responders", "nobody leads");
  burials.note({ ...entryOf(), subject: "another" }, "malformed-subject");
  await new Promise(setImmediate);
  expect(faults).toEqual([]);
});
