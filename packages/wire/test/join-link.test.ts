import { verifies } from "@cotal/requirements";
import { asChannelPattern, asToken } from "@cotal/subjects";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatJoinLink, type JoinLink, type LinkAuth, parseJoinLink, serverUrl } from "../src/index.ts";
import { refusalOf } from "./peers.ts";

const secret = fc
  .string({ unit: "grapheme", minLength: 1, maxLength: 12 })
  .filter((text) => !/\p{Cs}/u.test(text));
const anyAuth: fc.Arbitrary<LinkAuth> = fc.oneof(
  fc.constant({ kind: "open" as const }),
  fc.record({ kind: fc.constant("token" as const), token: secret }),
  fc.record({ kind: fc.constant("password" as const), user: secret, password: secret }),
);
const anyHost = fc.oneof(
  fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,5}[a-z0-9])?(\.[A-Za-z0-9]{1,5}){0,3}\.[a-z]{2,4}$/),
  fc.ipV4(),
  fc.ipV6(),
);
const anyLink: fc.Arbitrary<JoinLink> = fc.record({
  server: fc.record({ tls: fc.boolean(), host: anyHost, port: fc.integer({ min: 1, max: 65_535 }) }),
  space: fc.stringMatching(/^[A-Za-z0-9_-]{1,12}$/).map((text) => asToken("space", text)),
  channels: fc.array(fc.stringMatching(/^[a-z]{1,4}(\.([a-z]{1,4}|\*)){0,3}(\.>)?$/).map(asChannelPattern), {
    maxLength: 3,
  }),
  auth: anyAuth,
});

describe("a join link", () => {
  test("comes out of writing and reading as it was, and the other way round", () => {
    verifies("WIRE-80");
    fc.assert(
      fc.property(anyLink, (link) => {
        const text = formatJoinLink(link);
        expect(parseJoinLink(text)).toEqual(link);
        expect(formatJoinLink(parseJoinLink(text))).toBe(text);
      }),
      { numRuns: 5_000 },
    );
  });

  test("has the forms that people write", () => {
    verifies("WIRE-80");
    const plain = {
      server: { tls: false, host: "localhost", port: 4222 },
      space: "main",
      channels: [],
      auth: { kind: "open" },
    };
    expect(parseJoinLink("cotal://localhost/main")).toEqual(plain);
    expect(parseJoinLink("cotal://localhost:4222/main")).toEqual(plain);
    expect(parseJoinLink("cotal://localhost/main?channels=a,team.%3E")).toEqual({
      ...plain,
      channels: ["a", "team.>"],
    });
    expect(parseJoinLink("cotal://localhost/main?channel=team.>").channels).toEqual(["team.>"]);
    expect(parseJoinLink("cotals://t%40k@[::1]:5/main")).toEqual({
      ...plain,
      server: { tls: true, host: "::1", port: 5 },
      auth: { kind: "token", token: "t@k" },
    });
    expect(parseJoinLink("cotal://u:p%3A%2F@h.example/main").auth).toEqual({
      kind: "password",
      user: "u",
      password: "p:/",
    });
  });

  test("gives a server address without any credential", () => {
    verifies("WIRE-81");
    fc.assert(
      fc.property(anyLink, ({ server, ...rest }) => {
        const { server: parsed } = parseJoinLink(formatJoinLink({ ...rest, server }));
        const url = new URL(serverUrl(parsed).replace(/^(nats|tls):/, "http:"));
        expect([url.username, url.password, url.pathname, url.search]).toEqual(["", "", "/", ""]);
        expect(serverUrl(parsed).startsWith(server.tls ? "tls://" : "nats://")).toBe(true);
      }),
    );
  });

  test("that is not exactly one is refused, and no error shows any of it", () => {
    verifies("WIRE-82", "WIRE-81");
    const broken = [
      "",
      "nats://s3cr3t@host/main",
      "COTAL://s3cr3t@host/main",
      "cotal://s3cr3t@host",
      "cotal://s3cr3t@host/",
      "cotal://s3cr3t@host/a b",
      "cotal://s3cr3t@host/main/",
      "cotal://s3cr3t@host/main#x",
      "cotal://s3cr3t@host/ma%69n",
      "cotal://@host/main",
      "cotal://u:@host/main",
      "cotal://:s3cr3t@host/main",
      "cotal://u:s3cr3t:x@host/main",
      "cotal://u:s3/cr3t@host/main",
      "cotal://u:s3cr3t@x@host/main",
      "cotal://s3cr3t%zz@host/main",
      "cotal://s3cr3t@/main",
      "cotal://s3cr3t@ho_st/main",
      "cotal://s3cr3t@host:0/main",
      "cotal://s3cr3t@host:04222/main",
      "cotal://s3cr3t@host:65536/main",
      "cotal://s3cr3t@::1/main",
      "cotal://s3cr3t@[::g]/main",
      "cotal://s3cr3t@[::1%25eth0]/main",
      "cotal://s3cr3t@[host]/main",
      "cotal://s3cr3t@1.2.3/main",
      "cotal://s3cr3t@a.0x1/main",
      "cotal://s3cr3t@host/main?",
      "cotal://s3cr3t@host/main?channel=",
      "cotal://s3cr3t@host/main?channel=a,,b",
      "cotal://s3cr3t@host/main?channel=a/b",
      "cotal://s3cr3t@host/main?channel=a&channel=b",
      "cotal://s3cr3t@host/main?chanel=s3cr3t",
      "cotal://s3cr3t@host/main\n",
      `cotal://s3cr3t@host/${"x".repeat(20_000)}`,
    ];
    for (const text of broken) {
      const { code, shown } = refusalOf(() => parseJoinLink(text));
      expect([text, code]).toEqual([text, "bad-link"]);
      for (const part of ["s3cr3t", "s3", "cr3t"])
        expect(shown.replaceAll(/join-link\.test\.ts:\d+:\d+/g, "")).not.toContain(part);
    }
  });

  test("is not written with parts that could not be read back", () => {
    verifies("WIRE-82", "WIRE-81");
    const link = parseJoinLink("cotal://localhost/main");
    const cases: readonly object[] = [
      { space: "a b" },
      { channels: ["a b"] },
      { server: { tls: false, host: "a b", port: 1 } },
      { server: { tls: false, host: "fe80::1%eth0", port: 1 } },
      { server: { tls: false, host: "a", port: 0 } },
      { auth: { kind: "token", token: "" } },
      { auth: { kind: "token", token: "s3cr3t\ud800" } },
    ];
    for (const change of cases) {
      const { code, shown } = refusalOf(() => formatJoinLink({ ...link, ...change }));
      expect(code).toBe("bad-link");
      expect(shown).not.toContain("s3cr3t");
    }
  });

  test("never makes the reader throw anything else, on random and on damaged links", () => {
    verifies("WIRE-82");
    const damaged = fc
      .tuple(anyLink, fc.nat(60), fc.string({ unit: "binary", maxLength: 2 }))
      .map(
        ([link, at, text]) => formatJoinLink(link).slice(0, at) + text + formatJoinLink(link).slice(at + 1),
      );
    fc.assert(
      fc.property(fc.oneof(damaged, fc.string()), (text) => {
        try {
          const link = parseJoinLink(text);
          expect(parseJoinLink(formatJoinLink(link))).toEqual(link);
        } catch (error) {
          expect(error).toMatchObject({ code: "bad-link" });
        }
      }),
      { numRuns: 10_000 },
    );
  });
});
