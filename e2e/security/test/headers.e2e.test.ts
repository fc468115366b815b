import { eventually } from "@cotal/harness";
import { verifies } from "@cotal/requirements";
import { readPresence, verifyDelivery } from "@cotal/wire";
import type { Msg } from "@nats-io/nats-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Cast, composed, labRoute, listenTo, type Peer, space, startCast, unsigned } from "./cast.ts";
import { connectRaw } from "./raw-user.ts";

let cast: Cast;
let cases = 0;

beforeAll(async () => {
  cast = await startCast();
});
afterAll(async () => {
  await cast[Symbol.asyncDispose]();
  process.stdout.write(`${cases} headers tried\n`);
});

type Fields = Readonly<Record<string, string>>;
/** What the broker says, or that it takes the message; then a receiver must say something. */
interface Expectation {
  readonly broker: RegExp | "taken";
  readonly receiver?: "refuses" | "takes";
}
const kinds = ["post", "direct", "work", "presence"] as const;
type Kind = (typeof kinds)[number];

type Exceptions = Partial<Record<Kind, Expectation>>;

const streamOf: Readonly<Record<Kind, string>> = {
  post: "CHAT_acme",
  direct: "DM_acme",
  work: "TASK_acme",
  presence: "KV_cotal_presence_acme",
};

function subjectOf(kind: Kind, { id }: Peer): string {
  const { bob } = cast;
  return {
    post: `cotal.acme.chat.${id}.lab`,
    direct: `cotal.acme.inst.${bob.id}.${id}`,
    work: `cotal.acme.svc.review.${id}`,
    presence: `$KV.cotal_presence_acme.${id}`,
  }[kind];
}

const soon = "@at 2000-01-01T00:00:00Z";
const ignored: Expectation = { broker: "taken", receiver: "refuses" };
const conditional: Expectation = { broker: "taken", receiver: "takes" };

/** Every header that makes the broker do something, at its worst. */
const attempts: readonly (readonly [Fields, Expectation, Exceptions?])[] = [
  [{ "Nats-Rollup": "sub" }, { broker: /rollup not permitted/ }],
  [{ "Nats-Rollup": "all" }, { broker: /rollup not permitted/ }],
  [{ "Nats-TTL": "1s" }, { broker: /TTL is disabled/ }, { presence: conditional }],
  [{ "Nats-TTL": "never" }, { broker: /TTL is disabled/ }, { presence: conditional }],
  [
    { "Nats-Schedule": soon, "Nats-Schedule-Target": "cotal.acme.chat.x.lab" },
    { broker: /schedules is disabled/ },
  ],
  [{ "Nats-Schedule": "@every 1s" }, { broker: /schedules is disabled/ }],
  [{ "Nats-Scheduler": "x", "Nats-Schedule-Next": "purge" }, { broker: /schedules is disabled/ }],
  [{ "Nats-Schedule-TTL": "1s" }, ignored],
  [{ "Nats-Schedule-Source": "cotal.acme.chat.*.secret" }, ignored],
  [
    { "Nats-Batch-Id": "b", "Nats-Batch-Sequence": "1", "Nats-Batch-Commit": "1" },
    { broker: /atomic publish is disabled/ },
  ],
  [{ "Nats-Expected-Stream": "CHAT_other" }, { broker: /expected stream does not match/ }],
  [{ "Nats-Expected-Last-Sequence": "999999" }, { broker: /wrong last sequence/ }],
  [{ "Nats-Expected-Last-Subject-Sequence": "999999" }, { broker: /wrong last sequence/ }],
  [{ "Nats-Expected-Last-Msg-Id": "none" }, { broker: /wrong last msg ID/ }],
  [{ "Nats-Msg-Id": "not-of-this-sender" }, ignored],
  [{ "Nats-Incr": "+1" }, { broker: /counters is disabled/ }],
  [{ "Nats-Counter-Sources": "{}" }, ignored],
  [{ "Nats-Required-Api-Level": "99" }, ignored],
  [{ "Nats-Marker-Reason": "Purge" }, ignored],
  [{ "KV-Operation": "PURGE" }, ignored],
  [{ "Nats-Stream": "CHAT_acme", "Nats-Sequence": "1", "Nats-Subject": "cotal.acme.chat.x.lab" }, ignored],
  [{ "Nats-Stream-Source": "CHAT_acme 1 > >" }, ignored],
  [{ "Nats-Request-Info": "{}" }, ignored],
  [{ Status: "503" }, ignored],
];

/** Nobody reads the headers of a presence record: it is its owner's own, whatever they say. */
function expectationOf(kind: Kind, always: Expectation, exceptions: Exceptions = {}): Expectation {
  const expected = exceptions[kind] ?? always;
  return kind === "presence" ? { ...expected, receiver: "takes" } : expected;
}

function brokerFits({ broker }: Expectation, said: string | undefined): boolean {
  return broker === "taken" ? said === undefined : broker.test(said ?? "taken");
}

/** Whether a receiver takes what Mallory sent. */
function taken(kind: Kind, { subject, headers, data: bytes }: Msg): boolean {
  if (kind === "presence") return readPresence(bytes).kind === "read";
  const routes = {
    post: labRoute,
    direct: { kind: "dm", space, owner: "*" },
    work: { kind: "anycast", space, role: "*" },
  } as const;
  return verifyDelivery({ subject, headers, bytes, route: routes[kind], policy: unsigned }).verdict === "ok";
}

function bodyOf(kind: Kind, { id, minted }: Peer): Uint8Array {
  if (kind === "presence") {
    const card = { id, name: "ada", kind: "agent", protocolVersion: "1" };
    return Buffer.from(JSON.stringify({ card, status: "idle", ts: 1 }));
  }
  const to = { post: { channel: "lab" }, direct: { to: cast.bob.id }, work: { toService: "review" } };
  return composed(minted, to[kind]).bytes;
}

describe.each(kinds)("with a header that makes the broker act, a %s", (kind) => {
  test("is refused by the broker or by its receiver, and changes nothing of others", async () => {
    verifies("TRUST-40");
    const { mallory, bob, attacked } = cast;
    // Somebody with the right to hear everything sees what receivers would be given.
    const witness = await cast.withControl([">"]);
    const own = subjectOf(kind, mallory);
    const foreign = subjectOf(kind, bob);
    expect((await bob.ask(foreign, "of bob")).error).toBeUndefined();
    for (const [fields, always, exceptions] of attempts) {
      const expected = expectationOf(kind, always, exceptions);
      const before = await attacked.states(attacked.streams);
      const ear = await listenTo(witness, own);
      const { error } = await mallory.ask(own, bodyOf(kind, mallory), fields);
      cases++;
      expect([fields, brokerFits(expected, error?.description)]).toEqual([fields, true]);
      if (error === undefined) {
        expect([fields, taken(kind, await ear.nth(1))]).toEqual([fields, expected.receiver === "takes"]);
      }
      ear.stop();
      const after = await attacked.states(attacked.streams);
      expect({ ...after, [streamOf[kind]]: 0 }).toEqual({ ...before, [streamOf[kind]]: 0 });
      expect(await lastOf(foreign, kind)).toBe("of bob");
    }
    await witness.connection.close();
  });

  test("may have itself traced to where its sender may publish, and nowhere else", async () => {
    verifies("TRUST-40");
    const { mallory, bob, attacked } = cast;
    const places = [
      ...kinds
        .map((other) => subjectOf(other, bob))
        .filter((place) => place !== subjectOf("direct", mallory)),
      `$KV.cotal_acl_acme.${mallory.id}`,
      `in.guess.$KV.cotal_acl_acme.${mallory.id}`,
      "$JS.API.STREAM.PURGE.CHAT_acme",
      "$SYS.REQ.CLAIMS.UPDATE",
      `_INBOX_${bob.id}.x`,
      `cotal.acme.ctl.self.${bob.id}`,
    ];
    const before = await attacked.states(attacked.streams);
    const raw = await connectRaw(attacked.fixture, mallory.minted);
    const traced = places.flatMap((place) =>
      [{}, { "Nats-Trace-Only": "true" }].map((only) => ({
        subject: subjectOf(kind, mallory),
        fields: { "Nats-Trace-Dest": place, ...only },
      })),
    );
    cases += traced.length;
    expect([...(await raw.publish(traced))]).toEqual(places);
    await raw.close();
    expect(await attacked.states(attacked.streams)).toEqual(before);
  });
});

async function lastOf(subject: string, kind: Kind): Promise<string> {
  const { message } = (await cast.attacked.api(`STREAM.MSG.GET.${streamOf[kind]}`, {
    last_by_subj: subject,
  })) as { message?: { data?: string } };
  return Buffer.from(message?.data ?? "", "base64").toString();
}

describe("what stays open to whoever may write to a stream", () => {
  test("is where the last entry of any of its subjects stands", async () => {
    verifies("TRUST-72");
    const { mallory, bob, alice } = cast;
    const { seq } = await alice.ask(`cotal.acme.inst.${bob.id}.${alice.id}`);
    const { error } = await mallory.ask(`cotal.acme.inst.${bob.id}.${mallory.id}`, "x", {
      "Nats-Expected-Last-Subject-Sequence": "999999",
      "Nats-Expected-Last-Subject-Sequence-Subject": `cotal.acme.inst.${bob.id}.${alice.id}`,
    });
    expect(error?.description).toBe(`wrong last sequence: ${seq}`);
  });

  test("is who listens where it may post", async () => {
    verifies("TRUST-72");
    const { mallory, bob, attacked } = cast;
    const ear = await listenTo(bob);
    const to = `cotal.acme.inst.${mallory.id}.${mallory.id}`;
    await mallory.ask(`cotal.acme.chat.${mallory.id}.lab`, "x", { "Nats-Trace-Dest": to });
    const trace = await eventually(async () => {
      const { message } = (await attacked.api("STREAM.MSG.GET.DM_acme", { last_by_subj: to })) as {
        message?: { data: string };
      };
      return message === undefined ? false : Buffer.from(message.data, "base64").toString();
    });
    ear.stop();
    expect(JSON.parse(trace).events).toContainEqual(
      expect.objectContaining({ type: "eg", sub: "cotal.acme.chat.*.lab" }),
    );
  });
});
