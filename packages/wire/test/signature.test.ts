import { createHash, verify } from "node:crypto";
import { verifies } from "@cotal/requirements";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  createSignatureVerifier,
  createSigner,
  freshnessWindowMs,
  header,
  maxBurst,
  type Outgoing,
  type SignedEntry,
  signBurst,
} from "../src/index.ts";
import { verifyingKey } from "../src/key-pair.ts";
import { leafOf, rootFrom, treeOver } from "../src/merkle.ts";
import { alice, bob } from "./peers.ts";

const signedAt = 1_700_000_000_000;
const sha256 = (...parts: readonly (string | Uint8Array)[]): Buffer =>
  parts.reduce((hash, part) => hash.update(part), createHash("sha256")).digest();

function outgoing(count: number): Outgoing[] {
  return Array.from({ length: count }, (_, at) => ({ subject: `s.${at}`, bytes: Buffer.from(`body ${at}`) }));
}

/** The entry as a receiver sees it. */
function arrived(item: Outgoing, headers: Readonly<Record<string, string>>): SignedEntry {
  return {
    ...item,
    sender: alice.id,
    headers: {
      signature: headers[header.signature],
      signedAt: headers[header.signedAt],
      path: headers[header.path],
    } as SignedEntry["headers"],
  };
}

/** The verdict of somebody who remembers nothing. */
function verdictOn(entry: SignedEntry, now = signedAt): string {
  return createSignatureVerifier({ now: () => now }).verify(entry).kind;
}

function burstOf(count: number): SignedEntry[] {
  const items = outgoing(count);
  const headers = signBurst(alice.keys, { signedAt, items });
  return items.map((item, at) => arrived(item, headers[at] ?? {}));
}

describe("a signature", () => {
  test("is made over the lines, the tree and the mark that the contract names", () => {
    verifies("WIRE-30", "WIRE-33", "WIRE-34", "WIRE-32");
    const items = outgoing(2);
    const leaves = items.map(({ subject, bytes }) =>
      sha256(`cotal1\n${subject}\n${signedAt}\n${sha256(bytes).toString("hex")}\n`),
    );
    const [small, large] = leaves.toSorted(Buffer.compare);
    const key = verifyingKey(alice.id);
    if (!small || !large || !key) throw new Error("there are two leaves and a key");
    const pair = signBurst(alice.keys, { signedAt, items })[0] ?? {};
    const root = sha256(Uint8Array.of(1), small, large);
    const signature = Buffer.from(pair[header.signature] ?? "", "base64url");
    expect(verify(null, Buffer.concat([Uint8Array.of(255), root]), key, signature)).toBe(true);
    expect(pair[header.path]).toBe(leaves[1]?.toString("base64url"));
    expect(pair[header.signedAt]).toBe(String(signedAt));
    const lone = signBurst(alice.keys, { signedAt, items: items.slice(0, 1) })[0] ?? {};
    expect(Object.keys(lone)).toEqual([header.signature, header.signedAt]);
  });

  test("holds for every message of a burst of any size, with a path no longer than needed", () => {
    verifies("WIRE-31");
    for (const count of [1, 2, 3, 4, 5, 7, 8, 9, 31, 33, maxBurst]) {
      const verifier = createSignatureVerifier({ now: () => signedAt });
      for (const entry of burstOf(count)) {
        expect(verifier.verify(entry)).toEqual({ kind: "valid", signedAt, at: signedAt });
        expect((entry.headers.path ?? "").length).toBeLessThanOrEqual(Math.ceil(Math.log2(count)) * 43);
      }
    }
    expect(() => signBurst(alice.keys, { signedAt, items: outgoing(maxBurst + 1) })).toThrow(RangeError);
  });

  test("holds for no other sender, subject, moment, body, path or signature", () => {
    verifies("WIRE-36", "WIRE-56");
    for (const entry of burstOf(5)) {
      const { headers } = entry;
      const foreign = burstOf(6)[0]?.headers ?? {};
      const altered: readonly SignedEntry[] = [
        { ...entry, sender: bob.id },
        { ...entry, subject: `${entry.subject}0` },
        { ...entry, bytes: Buffer.from("another body") },
        { ...entry, headers: { ...headers, signedAt: String(signedAt + 1) } },
        { ...entry, headers: { ...headers, path: foreign.path ?? "" } },
        { ...entry, headers: { ...headers, signature: foreign.signature ?? "" } },
        { ...entry, headers: { signature: headers.signature ?? "", signedAt: headers.signedAt ?? "" } },
      ];
      for (const other of altered) expect(verdictOn(other)).toBe("bad-signature");
      expect(verdictOn(entry)).toBe("valid");
    }
  });

  test("in another spelling of the same bytes does not hold", () => {
    verifies("WIRE-34");
    const [entry] = burstOf(2);
    if (!entry) throw new Error("there is an entry");
    const { signature = "", path = "" } = entry.headers;
    const next = (text: string): string =>
      text.slice(0, -1) + String.fromCharCode(text.charCodeAt(text.length - 1) + 1);
    const spellings = [
      { signature: `${signature}==` },
      { signature: next(signature) },
      { signature: signature.slice(1) },
      { signature: "" },
      { path: "" },
      { path: next(path) },
      { path: `${path}=` },
      { path: path.slice(2) },
      { path: path.repeat(11) },
      { signedAt: `0${signedAt}` },
      { signedAt: `${signedAt}.0` },
      { signedAt: "-1" },
    ];
    for (const spelling of spellings) {
      expect([spelling, verdictOn({ ...entry, headers: { ...entry.headers, ...spelling } })]).toEqual([
        spelling,
        "bad-signature",
      ]);
    }
  });

  test("does not hold for an inner node that is passed off as a message", () => {
    verifies("WIRE-32");
    const leaves = outgoing(4).map((item) => leafOf({ ...item, signedAt }));
    const { root, paths } = treeOver(leaves);
    const [leaf] = leaves;
    const [sibling, uncle] = paths[0] ?? [];
    if (!leaf || !sibling || !uncle) throw new Error("the tree has two levels");
    expect(rootFrom(leaf, [sibling, uncle])).toEqual(root);
    const children = Buffer.concat([leaf, sibling].toSorted(Buffer.compare));
    expect(rootFrom(sha256(children), [uncle])).not.toEqual(root);
    expect(sha256(Uint8Array.of(1), children)).toEqual(rootFrom(leaf, [sibling]));
  });

  test("is missing when one of its two headers is", () => {
    verifies("WIRE-56");
    const [entry] = burstOf(1);
    if (!entry) throw new Error("there is an entry");
    const { signature = "", signedAt: at = "" } = entry.headers;
    for (const headers of [{}, { signature }, { signedAt: at }])
      expect(verdictOn({ ...entry, headers })).toBe("unsigned");
  });

  test("is fresh for two minutes to both sides of the moment of storing", () => {
    verifies("WIRE-40");
    const [entry] = burstOf(1);
    if (!entry) throw new Error("there is an entry");
    for (const side of [1, -1]) {
      const edge = signedAt + side * freshnessWindowMs;
      expect(verdictOn(entry, edge)).toBe("valid");
      expect(verdictOn(entry, edge + side)).toBe("replayed");
      expect(verdictOn({ ...entry, storedAt: edge }, 0)).toBe("valid");
      expect(verdictOn({ ...entry, storedAt: edge + side }, signedAt)).toBe("replayed");
    }
    expect(freshnessWindowMs).toBe(120_000);
    expect(verdictOn(entry, Number.NaN)).toBe("replayed");
  });

  test("gets the same verdict from a verifier that remembers little as from one that remembers nothing", () => {
    verifies("WIRE-37");
    const signers = [alice, bob];
    const pool = signers.flatMap(({ keys, id }, which) => {
      const items = outgoing(3 + which);
      const headers = signBurst(keys, { signedAt, items });
      return items.map((item, at) => ({ ...arrived(item, headers[at] ?? {}), sender: id }));
    });
    const pick = fc.nat(pool.length - 1);
    const verifier = createSignatureVerifier({ now: () => signedAt, maxRemembered: 1 });
    const seen = new Set<string>();
    fc.assert(
      fc.property(pick, pick, pick, (one, two, three) => {
        const [body, head, who] = [pool[one], pool[two], pool[three]];
        if (!body || !head || !who) throw new Error("the pool is not empty");
        const entry = { ...body, headers: head.headers, sender: who.sender };
        const verdict = verifier.verify(entry).kind;
        seen.add(verdict);
        expect(verdict).toBe(verdictOn(entry));
      }),
      { numRuns: 400 },
    );
    expect([...seen].sort()).toEqual(["bad-signature", "valid"]);
  });
});

describe("a signer", () => {
  test("shares one signature among all that is handed over in one turn, and answers in order", async () => {
    verifies("WIRE-31", "WIRE-35");
    let count = 0;
    const sign = (data: Uint8Array): Uint8Array => {
      count++;
      return alice.keys.sign(data);
    };
    const keys = { ...alice.keys, sign };
    const signer = createSigner(keys, { now: () => signedAt + 0.7 });
    const order: number[] = [];
    const turn = async (items: readonly Outgoing[]): Promise<void> => {
      const signed = items.map(async (item, at) => {
        const headers = await signer.sign(item);
        order.push(at);
        expect(verdictOn(arrived(item, headers))).toBe("valid");
      });
      await Promise.all(signed);
    };
    await turn(outgoing(1));
    expect([count, order.splice(0)]).toEqual([1, [0]]);
    await turn(outgoing(40));
    expect([count, order.splice(0)]).toEqual([2, Array.from({ length: 40 }, (_, at) => at)]);
    await turn(outgoing(maxBurst + 1));
    expect(count).toBe(4);
    expect(order).toEqual(order.toSorted((one, other) => one - other));
  });

  test("rejects all of a turn when there is no time to sign with, and goes on with the next", async () => {
    verifies("WIRE-35");
    let broken = true;
    const now = (): number => {
      if (broken) throw new Error("no clock");
      return signedAt;
    };
    const signer = createSigner(alice.keys, { now });
    const turn = outgoing(3).map((item) => signer.sign(item));
    const results = await Promise.allSettled(turn);
    expect(results.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
    broken = false;
    await expect(signer.sign({ subject: "s", bytes: new Uint8Array() })).resolves.toHaveProperty(
      header.signature,
    );
  });
});
