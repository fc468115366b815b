import { verifies } from "@cotal/requirements";
import { asToken, type OwnerId } from "@cotal/subjects";
import { createSignatureVerifier, type Draft, header } from "@cotal/wire";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { asBurial, type Burial, type Grave, graveOf, readDeadLetter } from "../../src/core/dead-letter.ts";
import { ada, bob, entriesOf, eve, now, space } from "./support.ts";

const policy = { maxBytes: 1_000_000, signatures: createSignatureVerifier({ now: () => now }) };
const graveFor = (burial: Burial, owner: OwnerId = ada): Grave => graveOf(burial, { space, owner, policy });

function burialOf(sender: OwnerId, draft: Draft, more: Partial<Burial["message"]> = {}): Burial {
  const [entry] = entriesOf(sender, [draft]);
  if (!entry) throw new Error("one was ordered");
  const { subject, headers, data, storedAt, seq } = entry;
  const kept = [header.signature, header.signedAt] as const;
  const fields = kept.map((name) => [name, headers?.get(name) ?? ""] as const);
  const body = Buffer.from(data).toString("base64");
  return { subject, reason: "no", message: { headers: fields, body, storedAt, seq, ...more } };
}

describe("where a dead letter is kept", () => {
  test("depends on who has sent what, and on what it was before, and on nothing else", () => {
    verifies("DLV-97");
    const anyWord = fc.constantFrom("a", "b", "c");
    const anyBurial = fc.record({
      sender: fc.constantFrom(bob, eve),
      id: anyWord,
      reason: anyWord,
      seq: fc.nat(3),
      letter: fc.option(
        anyWord.map((text) => asToken("letter", text)),
        { nil: undefined },
      ),
    });
    const placed = ({
      sender,
      id,
      reason,
      seq,
      letter,
    }: typeof anyBurial extends fc.Arbitrary<infer T> ? T : never) =>
      graveFor({ ...burialOf(sender, { to: ada, text: "x", id }, { seq, letter }), reason }).letter;
    fc.assert(
      fc.property(anyBurial, anyBurial, (one, two) => {
        const same = one.sender === two.sender && one.id === two.id && one.letter === two.letter;
        expect(placed(one) === placed(two)).toBe(same);
      }),
    );
  });

  test("is nowhere for what was changed in a single bit, was not sent to the owner, or is no message", () => {
    verifies("DLV-96");
    const burial = burialOf(bob, { to: ada, text: "hello" });
    const { message } = burial;
    if (!message) throw new Error("there is one");
    expect(graveFor(burial)).toMatchObject({ sender: bob });
    const body = Buffer.from(message.body, "base64");
    fc.assert(
      fc.property(fc.nat(body.length - 1), fc.nat(7), (at, bit) => {
        const changed = Buffer.from(body);
        changed[at] = (changed[at] ?? 0) ^ (1 << bit);
        const lie = { ...burial, message: { ...message, body: changed.toString("base64") } };
        expect(() => graveFor(lie)).toThrow("is not what");
      }),
    );
    expect(() => graveFor(burial, eve)).toThrow("sent to oneself");
    for (const subject of ["", "x", `cotal.${space}.dlv.${ada}.c`, `cotal.other.inst.${ada}.${bob}`]) {
      expect(() => graveFor({ ...burial, subject })).toThrow("sent to oneself");
    }
  });
});

test("what is given up in another form is refused, and a letter that was kept is read as it was", () => {
  verifies("DLV-96");
  const burial = burialOf(bob, { to: ada, text: "hello" });
  expect(asBurial(JSON.parse(JSON.stringify(burial)))).toEqual(burial);
  const kept = { v: 1, owner: ada, sender: bob, buriedAt: now, ...burial };
  expect(readDeadLetter(Buffer.from(JSON.stringify(kept)))).toEqual({ kind: "read", record: kept });
  const { message } = burial;
  const bad = [
    undefined,
    "x",
    {},
    { ...burial, reason: 1 },
    { ...burial, reason: "x".repeat(257) },
    { ...burial, id: "a b" },
    { ...burial, message: "x" },
    { ...burial, message: { ...message, body: "***" } },
    { ...burial, message: { ...message, seq: -1 } },
    { ...burial, message: { ...message, storedAt: 1.5 } },
    { ...burial, message: { ...message, letter: "a.b" } },
    { ...burial, message: { ...message, headers: [["Nats-Rollup", "all"]] } },
    { ...burial, message: { ...message, headers: [[header.signature, "x".repeat(5_000)]] } },
  ];
  for (const one of bad) expect(() => asBurial(one)).toThrow("does not have its form");
});
