import { verifies } from "@cotal/requirements";
import { asChannel, asToken } from "@cotal/subjects";
import { headers as clientHeaders } from "@nats-io/nats-core";
import { describe, expect, test } from "vitest";
import {
  createReplayGuard,
  createSignatureVerifier,
  type Delivery,
  freshnessWindowMs,
  header,
  type Route,
  verifyDelivery,
} from "../src/index.ts";
import { alice, bob, headersOf, newPeer, space } from "./peers.ts";
import {
  backend,
  copyHeaders,
  messageFrom,
  now,
  type PostOptions,
  post,
  routes,
  signedBy,
  signedPolicy,
  subjectOf,
  subjects,
} from "./posts.ts";

const signatures = createSignatureVerifier({ now: () => now });
const signed = signedPolicy(signatures);

function verdictOn(delivery: Delivery): string {
  const verdict = verifyDelivery(delivery);
  return verdict.verdict === "reject" ? verdict.reason : verdict.verdict;
}

describe("a post", () => {
  test("is taken with its kind, channel and sender from the subject, whatever the body says of them", () => {
    verifies("WIRE-51", "WIRE-2");
    const body = messageFrom(alice.id, { space: "other", channel: undefined, to: bob.id, extra: [1] });
    const common = { verdict: "ok", sender: alice.id, message: JSON.parse(JSON.stringify(body)), hops: 0 };
    expect(verifyDelivery(post({ body }))).toMatchObject({ ...common, kind: "channel", channel: backend });
    const dm = verifyDelivery(post({ body, subject: subjects.dm, route: routes.dm }));
    expect(dm).toMatchObject({ ...common, kind: "dm", channel: undefined });
    const task = verifyDelivery(post({ body, subject: subjects.anycast, route: routes.anycast }));
    expect(task).toMatchObject({ ...common, kind: "anycast", channel: undefined });
  });

  test("is refused on every path but its own", () => {
    verifies("WIRE-52");
    const open: readonly Route[] = [
      { kind: "dm", space, owner: "*" },
      { kind: "anycast", space, role: "*" },
    ];
    const expected: Readonly<Record<string, readonly Route[]>> = {
      [subjects.channel]: [routes.channel],
      [subjects.dm]: [routes.dm, ...open.slice(0, 1)],
      [subjects.anycast]: [routes.anycast, ...open.slice(1)],
    };
    const elsewhere = asToken("space", "elsewhere");
    const foreign: readonly Route[] = [
      { kind: "dm", space, owner: alice.id },
      { kind: "anycast", space, role: elsewhere },
      { kind: "channel", space, covers: () => false },
      { kind: "channel", space: elsewhere, covers: () => true },
      { kind: "dm", space: elsewhere, owner: "*" },
      { kind: "anycast", space: elsewhere, role: "*" },
    ];
    for (const [subject, own] of Object.entries(expected)) {
      for (const route of [...Object.values(routes), ...open, ...foreign]) {
        const verdict = verdictOn(post({ subject, route }));
        expect([subject, route, verdict]).toEqual([
          subject,
          route,
          own.includes(route) ? "ok" : "wrong-route",
        ]);
      }
    }
    for (const subject of [
      subjectOf({ kind: "ctl", space, service: space, sender: alice.id }),
      subjectOf({ kind: "digest", space }),
      subjectOf({ kind: "dinbox", space, owner: bob.id }),
    ]) {
      for (const route of Object.values(routes))
        expect(verdictOn(post({ subject, route }))).toBe("wrong-route");
    }
  });

  test("is refused with the reason that fits", () => {
    verifies("WIRE-53", "WIRE-54", "WIRE-55", "WIRE-57", "WIRE-10", "WIRE-3");
    const body = messageFrom(alice.id);
    const cases: readonly [string, PostOptions][] = [
      ["malformed-subject", { subject: `${subjects.channel}.*` }],
      ["malformed-subject", { subject: "" }],
      ["too-large", { body: messageFrom(alice.id, { contextId: "x".repeat(64 * 1024) }) }],
      ["malformed-json", { body: "" }],
      ["malformed-json", { body: `\ufeff${JSON.stringify(body)}` }],
      ["malformed-json", { body: `${JSON.stringify(body)}x` }],
      ["sender-mismatch", { body: messageFrom(bob.id) }],
      ["sender-mismatch", { body: { ...body, from: undefined } }],
      ["sender-mismatch", { body: { ...body, from: [alice.id] } }],
      ["sender-mismatch", { body: {} }],
      ["invalid-envelope", { body: "null" }],
      ["invalid-envelope", { body: [body] }],
      ["invalid-envelope", { body: { ...body, parts: [] } }],
      ["invalid-envelope", { body: { ...body, id: "a b" } }],
      ["invalid-envelope", { body: JSON.stringify(body).replace('"ts"', '"__proto__":{},"ts"') }],
      ["foreign-header", { headers: { [header.dedupeId]: `${bob.id}:m-1` } }],
      ["foreign-header", { headers: { [header.dedupeId]: `${alice.id}:m-2` } }],
      ["foreign-header", { headers: { [header.dedupeId]: "m-1" } }],
      ["foreign-header", { headers: { "Nats-Rollup": "all" } }],
      ["foreign-header", { headers: { "Nats-TTL": "1s" } }],
      ["foreign-header", { headers: { "Nats-Batch-Id": "b" } }],
      ["foreign-header", { headers: { "nats-msg-id": `${alice.id}:m-1` } }],
      ["foreign-header", { headers: { "cotal-sig": "x" } }],
      ["foreign-header", { headers: { Traceparent: "x" } }],
      ["foreign-header", { code: 503 }],
      ["ok", { headers: {} }],
      ["ok", { headers: { "Nats-Expected-Stream": "CHAT_main", "Cotal-Later": "x" }, code: 0 }],
    ];
    for (const [expected, options] of cases)
      expect([options, verdictOn(post(options))]).toEqual([options, expected]);
  });

  test("is refused with a header that stands twice, in the client's own type of headers as well", () => {
    verifies("WIRE-54");
    const own = clientHeaders();
    own.append(header.dedupeId, `${alice.id}:m-1`);
    expect(verdictOn({ ...post(), headers: own })).toBe("ok");
    own.append(header.dedupeId, `${alice.id}:m-1`);
    expect(verdictOn({ ...post(), headers: own })).toBe("foreign-header");
    expect(verdictOn({ ...post(), headers: clientHeaders(408, "Request Timeout") })).toBe("foreign-header");
    expect(verdictOn({ ...post(), headers: undefined })).toBe("ok");
  });

  test("says how many automatic replies led to it, and infinitely many when that cannot be read", () => {
    verifies("WIRE-74");
    const hopsOf = (value: string): unknown => {
      const verdict = verifyDelivery(post({ headers: { [header.hops]: value } }));
      return verdict.verdict === "ok" && verdict.hops;
    };
    expect(["0", "7"].map(hopsOf)).toEqual([0, 7]);
    for (const value of ["", "-1", "1.5", "07", "seven", "9".repeat(17)])
      expect(hopsOf(value)).toBe(Infinity);
  });
});

describe("a post in a space with credentials", () => {
  const body = messageFrom(alice.id);
  const headers = signedBy(alice, { subject: subjects.channel, body });

  test("is taken with a signature of its sender over its subject and body", () => {
    verifies("WIRE-56", "WIRE-36");
    const verdict = verifyDelivery(post({ headers, body, policy: signed }));
    expect(verdict).toMatchObject({ verdict: "ok", signedAt: now });
    const others: readonly [string, PostOptions][] = [
      ["unsigned", { headers: {} }],
      ["bad-signature", { headers: signedBy(bob, { subject: subjects.channel, body }) }],
      ["bad-signature", { headers: signedBy(alice, { subject: subjects.dm, body }) }],
      ["bad-signature", { headers, body: messageFrom(alice.id, { ts: 2 }) }],
      ["bad-signature", { headers: { ...headers, [header.signedAt]: String(now + 1) } }],
      [
        "replayed",
        { headers: signedBy(alice, { subject: subjects.channel, body, at: now - freshnessWindowMs - 1 }) },
      ],
    ];
    for (const [expected, options] of others) {
      expect(verdictOn(post({ body, policy: signed, ...options }))).toBe(expected);
    }
  });

  test("is held against the moment at which it was stored, when it was", () => {
    verifies("WIRE-40");
    const late = signedPolicy(createSignatureVerifier({ now: () => now + 3_600_000 }));
    expect(verdictOn(post({ headers, body, policy: late }))).toBe("replayed");
    expect(verdictOn({ ...post({ headers, body, policy: late }), storedAt: now + 5 })).toBe("ok");
  });

  test("is taken once on a path with a guard, and nothing that was refused counts as taken", () => {
    verifies("WIRE-41");
    const policy = { ...signed, guard: createReplayGuard() };
    expect(
      verdictOn(post({ body, policy, headers: signedBy(bob, { subject: subjects.channel, body }) })),
    ).toBe("bad-signature");
    expect(verdictOn(post({ headers, body, policy }))).toBe("ok");
    expect(verdictOn(post({ headers, body, policy }))).toBe("replayed");
    expect(verdictOn(post({ headers, body, policy: signed }))).toBe("ok");
  });

  test("from an id that is the form of a key but none is refused", () => {
    verifies("WIRE-56");
    const nobody = `U${"A".repeat(55)}`;
    const subject = subjects.channel.replace(alice.id, nobody);
    const from = { id: nobody, name: "nobody" };
    const unreal = post({ subject, body: { ...body, from }, headers, policy: signed });
    expect(verdictOn(unreal)).toBe("bad-signature");
  });
});

describe("an entry of the backstop", () => {
  const subject = subjects.backstop;
  const route = routes.backstop;
  const body = messageFrom(alice.id);
  const signature = signedBy(alice, { subject: subjects.channel, body });
  const copy = (headers: Record<string, string>, options: PostOptions = {}): Delivery =>
    post({ subject, route, body, headers, ...options });

  test("is taken as the post it is a copy of, with what the engine says of it", () => {
    verifies("WIRE-60", "WIRE-40");
    const late = signedPolicy(createSignatureVerifier({ now: () => now + 9_000_000 }));
    expect(verifyDelivery(copy(copyHeaders(signature), { policy: late }))).toMatchObject({
      verdict: "ok",
      kind: "channel",
      channel: backend,
      sender: alice.id,
      seq: 42,
      copy: { seq: 42, storedAt: now, generation: 3, reason: "member" },
    });
    const stale = copyHeaders({ ...signature, [header.copyStoredAt]: String(now + freshnessWindowMs + 1) });
    expect(verdictOn(copy(stale, { policy: late }))).toBe("replayed");
    const brokers = {
      "Nats-TTL": "720h",
      "Nats-Batch-Id": "b",
      "Nats-Batch-Sequence": "2",
      "Nats-Batch-Commit": "1",
    };
    expect(verdictOn(copy(copyHeaders(brokers)))).toBe("ok");
  });

  test("is refused when its headers do not stand for a post to the channel of its subject", () => {
    verifies("WIRE-60", "WIRE-61", "WIRE-52");
    const other = asChannel("team.frontend");
    const eve = newPeer();
    const cases: readonly [string, Delivery][] = [
      ["malformed-subject", copy({})],
      ["malformed-subject", copy(copyHeaders({ [header.copySubject]: subjects.backstop }))],
      ["wrong-route", copy(copyHeaders({ [header.copySubject]: subjects.dm }))],
      ["malformed-subject", copy(copyHeaders({ [header.copySubject]: "x" }))],
      ["wrong-route", copy(copyHeaders({ [header.copySubject]: subjects.channel.replace("main", "else") }))],
      [
        "wrong-route",
        copy(copyHeaders(), { subject: subjectOf({ kind: "dlv", space, owner: bob.id, channel: other }) }),
      ],
      [
        "wrong-route",
        copy(copyHeaders(), { subject: subjectOf({ kind: "dlv", space, owner: eve.id, channel: backend }) }),
      ],
      ["wrong-route", copy(copyHeaders(), { route: routes.channel })],
      [
        "sender-mismatch",
        copy(copyHeaders({ [header.copySubject]: subjects.channel.replace(alice.id, eve.id) })),
      ],
      ["foreign-header", copy(copyHeaders({ [header.copySeq]: "-1" }))],
      ["foreign-header", copy(copyHeaders({ [header.copyStoredAt]: "yesterday" }))],
      ["foreign-header", copy(copyHeaders({ [header.copyGeneration]: "" }))],
      ["foreign-header", copy(copyHeaders({ [header.copyReason]: "luck" }))],
      ["foreign-header", copy(copyHeaders({ [header.copyReason]: "replay" }))],
      ["foreign-header", copy(copyHeaders({ [header.letter]: "l" }))],
      ["foreign-header", copy(copyHeaders({ [header.copyReason]: "replay", [header.letter]: "a.b" }))],
      ["foreign-header", copy(copyHeaders({ [header.dedupeId]: `${alice.id}:m-1` }))],
      ["foreign-header", copy(copyHeaders({ "Nats-Rollup": "all" }))],
      ["unsigned", copy(copyHeaders(), { policy: signed })],
      [
        "bad-signature",
        copy(copyHeaders(signedBy(bob, { subject: subjects.channel, body })), { policy: signed }),
      ],
      ["bad-signature", copy(copyHeaders(signedBy(alice, { subject, body })), { policy: signed })],
    ];
    for (const [at, [expected, delivery]] of cases.entries())
      expect([at, verdictOn(delivery)]).toEqual([at, expected]);
  });

  test("is a dead letter that is handed out again: a post, or what was sent to its owner or a role", () => {
    verifies("WIRE-60", "WIRE-61");
    const direct = subjectOf({ kind: "dlv", space, owner: bob.id, channel: "=direct" });
    const facts = copyHeaders({ [header.copyReason]: "replay", [header.letter]: "l1" });
    const replay = (original: string, at: string): Delivery => {
      const signatures = signedBy(alice, { subject: original, body });
      const headers = { ...facts, ...signatures, [header.copySubject]: original };
      return copy(headers, { subject: at, policy: signed });
    };
    expect(verifyDelivery(replay(subjects.channel, subject))).toMatchObject({
      kind: "channel",
      seq: 42,
      copy: { reason: "replay", letter: "l1" },
    });
    expect(verifyDelivery(replay(subjects.dm, direct))).toMatchObject({
      verdict: "ok",
      kind: "dm",
      seq: undefined,
      copy: { reason: "replay", letter: "l1" },
    });
    expect(verifyDelivery(replay(subjects.anycast, direct))).toMatchObject({
      verdict: "ok",
      kind: "anycast",
    });
    expect(verdictOn(replay(subjects.channel, direct))).toBe("wrong-route");
    expect(verdictOn(replay(subjects.dm, subject))).toBe("wrong-route");
    const another = subjectOf({ kind: "inst", space, target: alice.id, sender: alice.id });
    expect(verdictOn(replay(another, direct))).toBe("wrong-route");
    const member = { ...copyHeaders(), [header.copySubject]: subjects.dm };
    expect(verdictOn(copy(member, { subject: direct }))).toBe("foreign-header");
  });

  test("with a gap header tells what is missing in the channel of its subject, or in all", () => {
    verifies("WIRE-62");
    const gap = { channel: backend, fromSeq: 1, toSeq: 9, count: 4, reason: "quota" };
    const marker = (content: unknown): Delivery =>
      copy({ [header.gap]: "1" }, { body: content, policy: signed });
    expect(verifyDelivery(marker(gap))).toEqual({ verdict: "gap", gap });
    const ofAll = { ...gap, channel: "*" };
    expect(verifyDelivery(marker(ofAll))).toEqual({ verdict: "gap", gap: ofAll });
    const ofMessages = { ...gap, channel: "=direct" };
    const direct = subjectOf({ kind: "dlv", space, owner: bob.id, channel: "=direct" });
    expect(verifyDelivery({ ...marker(ofMessages), subject: direct })).toEqual({
      verdict: "gap",
      gap: ofMessages,
    });
    expect(verdictOn(marker(ofMessages))).toBe("wrong-route");
    expect(verdictOn(marker({ ...gap, channel: "team.*" }))).toBe("invalid-envelope");
    expect(verdictOn(marker({ ...gap, channel: "team.frontend" }))).toBe("wrong-route");
    expect(verdictOn(marker({ ...gap, count: -1 }))).toBe("invalid-envelope");
    expect(verdictOn(marker("["))).toBe("malformed-json");
    expect(verdictOn({ ...marker(gap), route: { ...routes.backstop, owner: alice.id } })).toBe("wrong-route");
    expect(verdictOn(post({ body: gap, headers: { [header.gap]: "1" } }))).toBe("sender-mismatch");
    expect(verdictOn({ ...marker(gap), headers: headersOf({ [header.gap]: "1" }, 408) })).toBe(
      "foreign-header",
    );
  });
});
