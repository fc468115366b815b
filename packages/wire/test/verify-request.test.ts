import { verifies } from "@cotal/requirements";
import { asToken } from "@cotal/subjects";
import { describe, expect, test } from "vitest";
import { createSignatureVerifier, isBoundReply, type RequestDelivery, verifyRequest } from "../src/index.ts";
import { alice, bob, bytesOf, headersOf, space } from "./peers.ts";
import { now, signedBy, signedPolicy, subjectOf, subjects, unsignedPolicy } from "./posts.ts";

const service = asToken("service", "self");
const subject = subjectOf({ kind: "ctl", space, service, sender: alice.id });
const reply = `${subject}.reply.n0nce`;
const request = { v: 1, id: "r-1", op: "channels", from: { id: alice.id, name: "ada" } };

function delivery(options: Partial<RequestDelivery> & { readonly body?: unknown } = {}): RequestDelivery {
  const { body = request, ...rest } = options;
  return { subject, reply, bytes: bytesOf(body), route: { space, service }, policy: unsignedPolicy, ...rest };
}

function verdictOn(options: Partial<RequestDelivery> & { readonly body?: unknown }): string {
  const verdict = verifyRequest(delivery(options));
  return verdict.verdict === "ok" ? "ok" : verdict.reason;
}

describe("a request", () => {
  test("is taken with its sender and the place of its answer", () => {
    verifies("WIRE-58");
    expect(verifyRequest(delivery())).toEqual({ verdict: "ok", request, sender: alice.id, reply });
  });

  test("is refused when the answer would go anywhere but below its own subject", () => {
    verifies("WIRE-58");
    const foreign = [undefined, "", subject, `${subject}.reply`, `${subject}.reply.`, `${subject}.reply.a.b`];
    const other = subjectOf({ kind: "ctl", space, service, sender: bob.id });
    for (const target of [...foreign, `${other}.reply.n0nce`, subjects.dm, "$KV.b.k", `${subject}.reply.>`]) {
      expect([target, verdictOn({ reply: target })]).toEqual([target, "foreign-reply"]);
    }
    expect(isBoundReply(subject, reply)).toBe(true);
  });

  test("is refused with the reason that fits", () => {
    verifies("WIRE-52", "WIRE-53", "WIRE-57", "WIRE-50");
    const cases: readonly [string, Parameters<typeof verdictOn>[0]][] = [
      ["malformed-subject", { subject: "x" }],
      ["wrong-route", { subject: subjects.dm }],
      ["wrong-route", { subject: reply }],
      ["wrong-route", { route: { space, service: asToken("service", "admin") } }],
      ["wrong-route", { route: { space: asToken("space", "elsewhere"), service } }],
      ["foreign-header", { headers: headersOf({ "Nats-Rollup": "all" }) }],
      ["malformed-json", { body: "{" }],
      ["sender-mismatch", { body: { ...request, from: { id: bob.id, name: "bob" } } }],
      ["invalid-envelope", { body: { ...request, op: "" } }],
      ["invalid-envelope", { body: 7 }],
      ["too-large", { policy: { ...unsignedPolicy, maxBytes: 10 } }],
    ];
    for (const [expected, options] of cases)
      expect([options, verdictOn(options)]).toEqual([options, expected]);
  });

  test("is signed where signatures are checked", () => {
    verifies("WIRE-56");
    const policy = signedPolicy(createSignatureVerifier({ now: () => now }));
    const headers = headersOf(signedBy(alice, { subject, body: request }));
    expect(verdictOn({ policy, headers })).toBe("ok");
    expect(verdictOn({ policy })).toBe("unsigned");
    expect(verdictOn({ policy, headers: headersOf(signedBy(bob, { subject, body: request })) })).toBe(
      "bad-signature",
    );
  });
});
