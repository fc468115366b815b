import { verifies } from "@cotal/requirements";
import { asChannel, asOwnerId } from "@cotal/subjects";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  bodyLimit,
  composeMessage,
  type Draft,
  dedupeId,
  freshId,
  header,
  type Part,
  type Route,
  verifyDelivery,
} from "../src/index.ts";
import { alice, bob, headersOf, refusalOf, space } from "./peers.ts";
import { unsignedPolicy } from "./posts.ts";

const sender = { space, id: alice.id, name: "Ada" };
const options = { now: 1_700_000_000_000, maxBytes: 10_000 };
const compose = (draft: Draft): ReturnType<typeof composeMessage> => composeMessage(draft, sender, options);

const routes: readonly Route[] = [
  { kind: "channel", space, covers: (channel) => channel === asChannel("team") },
  { kind: "dm", space, owner: asOwnerId(bob.id) },
  { kind: "anycast", space, role: "*" },
];

describe("a composed message", () => {
  test("is taken by its receivers as it was meant, whatever it holds", () => {
    verifies("WIRE-70", "WIRE-5", "WIRE-73", "WIRE-2");
    const target = fc.constantFrom<Draft>({ channel: "team" }, { to: bob.id }, { toService: "review" });
    const text = fc.string({ unit: "binary", maxLength: 30 });
    const part: fc.Arbitrary<Part> = fc.oneof(
      text.map((value) => ({ kind: "text" as const, text: value })),
      fc.jsonValue().map((data) => ({ kind: "data" as const, data })),
      fc.jsonValue().map((more) => ({ kind: "com.example.thing" as const, more })),
    );
    const draft = fc.record(
      {
        parts: fc.array(part, { minLength: 1, maxLength: 4 }),
        mentions: fc.array(fc.stringMatching(/^[A-Za-z][A-Za-z ,%é]{0,8}[a-z]$/), { maxLength: 4 }),
        replyTo: text,
        expiresAt: fc.nat(),
        hops: fc.nat(),
      },
      { requiredKeys: ["parts"] },
    );
    fc.assert(
      fc.property(target, draft, (to, rest) => {
        fc.pre(!/"(__proto__|constructor|prototype)":/.test(JSON.stringify(rest)));
        const { subject, headers, bytes, message } = compose({ ...to, ...rest });
        const verdicts = routes.map((route) =>
          verifyDelivery({ subject, bytes, route, policy: unsignedPolicy, headers: headersOf(headers) }),
        );
        const taken = verdicts.flatMap((verdict) => (verdict.verdict === "ok" ? [verdict] : []));
        expect(taken).toHaveLength(1);
        expect(taken[0]).toMatchObject({ message, sender: alice.id, hops: rest.hops ?? 0 });
        expect(message.parts).toEqual(JSON.parse(JSON.stringify(rest.parts)));
        expect(message.mentions).not.toEqual([]);
        const repeated = headers[header.mentions]?.split(",").map(decodeURIComponent);
        expect(repeated).toEqual(message.mentions);
      }),
      { numRuns: 3_000 },
    );
  });

  test("names each mention once, in lower case, and none when there are none", () => {
    verifies("WIRE-73");
    const { message, headers } = compose({ channel: "team", text: "x", mentions: [" Bob", "bob", "Ada, L"] });
    expect(message.mentions).toEqual(["bob", "ada, l"]);
    expect(headers[header.mentions]).toBe("bob,ada%2C%20l");
    const without = compose({ channel: "team", text: "x", mentions: [" "] });
    expect(Object.keys(without.headers)).toEqual([header.dedupeId]);
    expect("mentions" in without.message).toBe(false);
  });

  test("has the id of the caller or one that cannot be guessed, and with its sender it is the dedupe id", () => {
    verifies("WIRE-72", "WIRE-3");
    const own = compose({ channel: "team", text: "x", id: "mine:1" });
    expect(own.headers[header.dedupeId]).toBe(`${alice.id}:mine:1`);
    expect(dedupeId(alice.id, "a")).toBe(`${alice.id}:a`);
    const fresh = new Set(Array.from({ length: 10_000 }, freshId));
    expect(fresh.size).toBe(10_000);
    for (const id of fresh) expect(Buffer.from(id, "base64url").byteLength * 8).toBeGreaterThanOrEqual(96);
    for (const id of ["", "a b", "x".repeat(129), "ü"]) {
      expect(refusalOf(() => compose({ channel: "team", text: "x", id })).code).toBe("invalid-id");
    }
  });

  test("over the limit is refused with both sizes; the limit leaves room for the headers of copies", () => {
    verifies("WIRE-71");
    expect(bodyLimit(1024 * 1024)).toBe(1024 * 1024 - 8192);
    expect(bodyLimit(100)).toBe(0);
    const exact = compose({ channel: "team", text: "é".repeat(100), id: "i" }).bytes.byteLength;
    const draft = { channel: "team", text: "é".repeat(100), id: "i" };
    expect(composeMessage(draft, sender, { ...options, maxBytes: exact }).bytes.byteLength).toBe(exact);
    const refused = (): unknown => composeMessage(draft, sender, { ...options, maxBytes: exact - 1 });
    expect(refused).toThrow(
      expect.objectContaining({ code: "too-large", data: { bytes: exact, maxBytes: exact - 1 } }),
    );
  });

  test("that no receiver would take is refused before it is sent", () => {
    verifies("WIRE-70", "WIRE-5");
    const loop: { self?: unknown } = {};
    loop.self = loop;
    const deep = JSON.parse(`${"[".repeat(70)}${"]".repeat(70)}`);
    const data = (value: unknown): Draft => ({ channel: "team", parts: [{ kind: "data", data: value }] });
    const cases: readonly [string, Draft][] = [
      ["bad-message", { text: "x" }],
      ["bad-message", { channel: "team", to: bob.id, text: "x" }],
      ["bad-message", { channel: "team" }],
      ["bad-message", { channel: "team", parts: [] }],
      ["bad-message", { channel: "team", text: "x", parts: [{ kind: "text", text: "y" }] }],
      ["bad-message", { channel: "team", parts: [{ kind: "artifact" } as unknown as Part] }],
      ["bad-message", data(undefined)],
      ["bad-message", data(1n)],
      ["bad-message", data(loop)],
      ["bad-message", data(deep)],
      ["bad-message", data(JSON.parse('{"__proto__":1}'))],
      ["bad-message", { channel: "team", text: "x", expiresAt: 1.5 }],
      ["bad-message", { channel: "team", text: "x", hops: -1 }],
      ["bad-message", { channel: "team", text: "x", mentions: ["a/b"] }],
      ["bad-message", { channel: "team", text: "x", mentions: ["\ud800"] }],
      [
        "bad-message",
        { channel: "team", text: "x", mentions: Array.from({ length: 500 }, (_, at) => `name${at}`) },
      ],
      ["not-concrete", { channel: "team.>", text: "x" }],
      ["bad-channel", { channel: "team backend", text: "x" }],
      ["bad-owner", { to: "bob", text: "x" }],
      ["bad-token", { toService: "", text: "x" }],
    ];
    for (const [expected, draft] of cases) expect(refusalOf(() => compose(draft)).code).toBe(expected);
  });

  test("may have a mention header of the largest length and still leave its room", () => {
    verifies("WIRE-71");
    const { headers } = compose({ channel: "team", text: "x", mentions: ["\u{1d49c}".repeat(128)] });
    expect(Object.entries(headers).flat().join("").length).toBeLessThan(4096);
  });
});
