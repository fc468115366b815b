import { verifies } from "@cotal/requirements";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  asOwnerId,
  CotalError,
  formatPattern,
  formatSubject,
  parseSubject,
  type Subject,
  type SubjectPattern,
  subjectMatches,
} from "../src/index.ts";
import { anyOwner, anySubject, anyToken, nearlySubject } from "./arbitraries.ts";
import { referenceParse } from "./reference.ts";
import { refusalOf } from "./refusal.ts";

const a = asOwnerId(`UA${"B".repeat(54)}`);
const b = asOwnerId(`UC${"D".repeat(54)}`);

describe("the forms of the contract", () => {
  const table: readonly [string, object][] = [
    [`cotal.s.chat.${a}.team.backend`, { kind: "chat", space: "s", sender: a, channel: "team.backend" }],
    [`cotal.s.inst.${a}.${b}`, { kind: "inst", space: "s", target: a, sender: b }],
    [`cotal.s.svc.review.${a}`, { kind: "svc", space: "s", role: "review", sender: a }],
    [`cotal.s.ctl.delivery-0.${a}`, { kind: "ctl", space: "s", service: "delivery-0", sender: a }],
    [
      `cotal.s.ctl.self.${a}.reply.n-1`,
      { kind: "reply", space: "s", service: "self", sender: a, nonce: "n-1" },
    ],
    ["cotal.s.presence.digest", { kind: "digest", space: "s" }],
    [`cotal.s.dlv.${a}.team.backend`, { kind: "dlv", space: "s", owner: a, channel: "team.backend" }],
    [`cotal.s.dlv.${a}.=direct`, { kind: "dlv", space: "s", owner: a, channel: "=direct" }],
    [`cotal.s.dinbox.${a}`, { kind: "dinbox", space: "s", owner: a }],
    ["cotal.s.ckpt.1023", { kind: "ckpt", space: "s", shard: 1023 }],
    [
      "in.x.7.cotal.s.ckpt.7",
      { kind: "ingest", secret: "x", shard: 7, stored: { kind: "ckpt", space: "s", shard: 7 } },
    ],
  ];

  test.each(table)("%s is written and read", (text, subject) => {
    verifies("SUBJ-10");
    expect(parseSubject(text)).toEqual(subject);
    expect(formatSubject(subject as Subject)).toBe(text);
  });
});

describe("writing and reading", () => {
  test("a subject that was written is read back as it was", () => {
    verifies("SUBJ-10");
    fc.assert(
      fc.property(anySubject, (subject) => {
        expect(parseSubject(formatSubject(subject))).toEqual(subject);
      }),
      { numRuns: 10_000 },
    );
  });

  test("what is read is written back as the same text, and nothing else is read", () => {
    verifies("SUBJ-10", "SUBJ-11");
    let read = 0;
    fc.assert(
      fc.property(nearlySubject, (text) => {
        const subject = parseSubject(text);
        expect(subject).toEqual(referenceParse(text));
        if (subject === null) return;
        read++;
        expect(formatSubject(subject)).toBe(text);
      }),
      { numRuns: 20_000 },
    );
    expect(read).toBeGreaterThan(2_000);
  });

  test.each([
    "",
    ".",
    "cotal",
    "cotal.",
    "cotal.s",
    "cotal.s.chat",
    `cotal.s.chat.${a}`,
    `cotal.s.chat.${a}.`,
    `cotal..chat.${a}.x`,
    `other.s.chat.${a}.x`,
    `Cotal.s.chat.${a}.x`,
    `cotal.s.chat.${a}.*`,
    `cotal.s.chat.*.x`,
    `cotal.s.chat.${a.toLowerCase()}.x`,
    `cotal.s.inst.${a}`,
    `cotal.s.inst.${a}.${b}.x`,
    `cotal.s.svc.review.${a}.x`,
    `cotal.s.ctl.self.${a}.reply`,
    `cotal.s.ctl.self.${a}.answer.n`,
    `cotal.s.ctl.self.${a}.reply.n.n`,
    "cotal.s.presence",
    "cotal.s.presence.digest.x",
    "cotal.s.ckpt.01",
    "cotal.s.ckpt.1024",
    "cotal.s.ckpt.-1",
    "cotal.s.ckpt.1e1",
    "cotal.s.ckpt.",
    "in.x.0.cotal.s.presence.digest",
    `in.x.0.cotal.s.chat.${a}.x`,
    "in.x.00.cotal.s.ckpt.0",
    "in.x.0.in.x.0.cotal.s.ckpt.0",
    "in.x.0.s.ckpt.0",
    `cotal.s.chat.${a}.${"x.".repeat(32)}x`,
    `cotal.${"s".repeat(65)}.presence.digest`,
    `cotal.s.__proto__.${a}.x`,
  ])("%s is no subject", (text) => {
    verifies("SUBJ-11");
    expect(parseSubject(text)).toBeNull();
  });

  test("no text makes the reader throw, also a huge one", () => {
    verifies("SUBJ-11");
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: "binary" }),
          fc.string({ unit: fc.constantFrom("cotal.", "in.", "U", "A", ".", "\u2028") }),
        ),
        (text) => {
          expect(parseSubject(text)).toEqual(referenceParse(text));
        },
      ),
      { numRuns: 10_000 },
    );
    for (const text of [
      "A".repeat(5_000_000),
      ".".repeat(5_000_000),
      `cotal.s.chat.${a}.${"x".repeat(5_000_000)}`,
    ]) {
      expect(parseSubject(text)).toBeNull();
    }
  });
});

describe("an answer of the reader", () => {
  test("does not depend on what was read before", () => {
    verifies("SUBJ-12");
    const place = fc.tuple(fc.nat(), fc.constantFrom("A", "B", "z", ".", "*"));
    fc.assert(
      fc.property(anySubject, fc.array(place, { maxLength: 40 }), (subject, changes) => {
        const text = formatSubject(subject);
        const near = changes.map(
          ([at, piece]) => text.slice(0, at % text.length) + piece + text.slice((at % text.length) + 1),
        );
        const history = [...near, text, ...near.toReversed(), text].flatMap((each) => [each, each]);
        for (const each of [...history, ...history]) {
          expect(parseSubject(each)).toEqual(referenceParse(each));
        }
      }),
      { numRuns: 1000 },
    );
  });

  test("cannot be changed by one caller for the next", () => {
    verifies("SUBJ-12");
    fc.assert(
      fc.property(anySubject, (subject) => {
        for (let time = 1; time <= 3; time++) {
          const answer = parseSubject(formatSubject(subject));
          expect(Object.isFrozen(answer)).toBe(true);
          if (answer?.kind === "ingest") expect(Object.isFrozen(answer.stored)).toBe(true);
        }
      }),
    );
  });
});

describe("a refused part", () => {
  const bad = ["", "a.b", "*", ">", "a b", "é", "x".repeat(300), "a\n"];
  const refused = (subject: object, write: (subject: never) => string) =>
    refusalOf(() => write(subject as never)).code;

  test.each(bad)("%j is refused wherever a subject names something", (text) => {
    verifies("SUBJ-5");
    expect(refused({ kind: "digest", space: text }, formatSubject)).toBe("bad-token");
    expect(refused({ kind: "svc", space: "s", role: text, sender: a }, formatSubject)).toBe("bad-token");
    expect(refused({ kind: "ctl", space: "s", service: text, sender: a }, formatSubject)).toBe("bad-token");
    expect(refused({ kind: "reply", space: "s", service: "x", sender: a, nonce: text }, formatSubject)).toBe(
      "bad-token",
    );
    expect(refused({ kind: "inst", space: "s", target: text, sender: a }, formatSubject)).toBe("bad-owner");
    expect(refused({ kind: "dinbox", space: "s", owner: text }, formatSubject)).toBe("bad-owner");
  });

  test.each([-1, 1.5, 1024, Number.NaN, Number.POSITIVE_INFINITY, "0", "*", null, {}])(
    "%j is no shard",
    (shard) => {
      expect(refused({ kind: "ckpt", space: "s", shard }, formatSubject)).toBe("bad-number");
    },
  );

  test("is never anything but a coded error", () => {
    const part = fc.oneof(fc.anything(), fc.string({ unit: "binary" }), anyToken, anyOwner);
    fc.assert(
      fc.property(anySubject, fc.nat(), part, (subject, which, value) => {
        const names = Object.keys(subject).filter((name) => name !== "kind" && name !== "stored");
        const changed = { ...subject, [names[which % names.length] ?? "space"]: value };
        for (const write of [formatSubject, formatPattern]) {
          const outcome = outcomeOf(() => write(changed as Subject));
          if (outcome instanceof Error) expect(outcome).toBeInstanceOf(CotalError);
          else if (write === formatSubject) expect(parseSubject(outcome)).toEqual(changed);
        }
      }),
      { numRuns: 5000 },
    );
  });
});

describe("a subject with open parts", () => {
  test.each<[SubjectPattern, string]>([
    [{ kind: "chat", space: "s", sender: "*", channel: "team.>" } as SubjectPattern, "cotal.s.chat.*.team.>"],
    [{ kind: "inst", space: "s", target: "*", sender: a } as SubjectPattern, `cotal.s.inst.*.${a}`],
    [
      { kind: "reply", space: "s", service: "*", sender: a, nonce: "*" } as SubjectPattern,
      `cotal.s.ctl.*.${a}.reply.*`,
    ],
    [
      {
        kind: "ingest",
        secret: "*",
        shard: 3,
        stored: { kind: "dlv", space: "s", owner: "*", channel: ">" },
      } as SubjectPattern,
      "in.*.3.cotal.s.dlv.*.>",
    ],
    [{ kind: "ckpt", space: "s", shard: "*" } as SubjectPattern, "cotal.s.ckpt.*"],
  ])("is written with wildcards", (pattern, text) => {
    verifies("SUBJ-13");
    expect(formatPattern(pattern)).toBe(text);
    expect(parseSubject(text)).toBeNull();
  });

  test("leaves no other way to a wildcard", () => {
    verifies("SUBJ-13");
    const write = (pattern: object) => refusalOf(() => formatPattern(pattern as SubjectPattern)).code;
    expect(write({ kind: "digest", space: "*" })).toBe("bad-token");
    expect(
      write({ kind: "ingest", secret: "x", shard: 0, stored: { kind: "ckpt", space: "*", shard: 0 } }),
    ).toBe("bad-token");
    expect(write({ kind: "svc", space: "s", role: ">", sender: a })).toBe("bad-token");
    expect(write({ kind: "svc", space: "s", role: "x.*", sender: a })).toBe("bad-token");
    expect(write({ kind: "dinbox", space: "s", owner: ">" })).toBe("bad-owner");
    expect(write({ kind: "chat", space: "s", sender: a, channel: ">.x" })).toBe("bad-pattern");
    expect(write({ kind: "ckpt", space: "s", shard: ">" })).toBe("bad-number");
  });

  test("matches every subject that it was opened from", () => {
    verifies("SUBJ-13");
    fc.assert(
      fc.property(anySubject, fc.integer({ min: 0, max: 127 }), (subject, mask) => {
        expect(subjectMatches(formatPattern(opened(subject, mask)), formatSubject(subject))).toBe(true);
      }),
      { numRuns: 5000 },
    );
  });
});

/** Opens the parts that `mask` has a bit for. */
function opened(subject: Subject, mask: number): SubjectPattern {
  const parts = Object.entries(subject).map(([name, value], at) => {
    if (name === "stored") return [name, opened(value as Subject, mask)];
    const open = name !== "kind" && name !== "space" && (mask & (1 << at)) !== 0;
    return [name, open ? (name === "channel" ? ">" : "*") : value];
  });
  return Object.fromEntries(parts) as SubjectPattern;
}

function outcomeOf(action: () => string): string | Error {
  try {
    return action();
  } catch (error) {
    return error as Error;
  }
}
