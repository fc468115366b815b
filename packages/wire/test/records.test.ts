import { readdirSync, readFileSync } from "node:fs";
import { verifies } from "@cotal/requirements";
import { isChannel, isOwnerId } from "@cotal/subjects";
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { text } from "../src/grammar.ts";
import {
  effectiveChannelConfig,
  Message,
  protocolVersion,
  readChannelConfig,
  readControlReply,
  readControlRequest,
  readPresence,
} from "../src/index.ts";
import { isMessage } from "../src/is-message.ts";
import { examples } from "./examples.ts";
import { jsonSchema, records, schemaFolder } from "./json-schemas.ts";
import { mutationOf } from "./mutation.ts";
import { bytesOf } from "./peers.ts";

const ajv = new Ajv2020({ strict: true, strictRequired: false });

describe.each(Object.entries(records))("the record %s", (name, schema) => {
  const given = examples[name];
  if (given === undefined) throw new Error(`there are no examples of ${name}`);
  const accepts = ajv.compile(jsonSchema(name, schema));

  test("is shipped as the JSON Schema of its source", () => {
    verifies("WIRE-1");
    const shipped = readFileSync(new URL(`${name}.json`, schemaFolder), "utf8");
    expect(JSON.parse(shipped), "pnpm schemas writes it anew").toEqual(jsonSchema(name, schema));
  });

  test("takes its examples and refuses the broken ones, here and by an independent validator", () => {
    verifies("WIRE-1");
    for (const value of given.valid) {
      expect([value, schema.safeParse(value).success, accepts(value)]).toEqual([value, true, true]);
    }
    for (const broken of given.invalid) {
      const value: unknown = JSON.parse(JSON.stringify(broken));
      expect([value, schema.safeParse(value).success, accepts(value)]).toEqual([value, false, false]);
    }
  });

  test("is judged alike by the schema and by an independent validator", () => {
    verifies("WIRE-1");
    const seen = { valid: 0, invalid: 0 };
    const values = fc.oneof(...given.valid.map(mutationOf), fc.jsonValue());
    fc.assert(
      fc.property(values, (value) => {
        const valid = schema.safeParse(value).success;
        seen[valid ? "valid" : "invalid"]++;
        return accepts(value) === valid;
      }),
      { numRuns: 4_000 },
    );
    expect(Math.min(seen.valid, seen.invalid)).toBeGreaterThan(200);
  });

  test("keeps fields that are not known, through reading and writing", () => {
    verifies("WIRE-2");
    const [example] = given.valid;
    fc.assert(
      fc.property(fc.dictionary(fc.stringMatching(/^x-[a-z]{1,8}$/), fc.jsonValue()), (extra) => {
        const value = JSON.parse(JSON.stringify({ ...extra, ...example }));
        expect(JSON.parse(JSON.stringify(schema.parse(value)))).toEqual(value);
      }),
    );
  });
});

describe("the schema files", () => {
  test("are those of the records and no others", () => {
    verifies("WIRE-1");
    const files = readdirSync(schemaFolder);
    expect(files.sort()).toEqual(
      Object.keys(records)
        .map((name) => `${name}.json`)
        .sort(),
    );
  });
});

describe("the predicate for messages", () => {
  test("agrees with the schema on 100,000 mutated messages", () => {
    verifies("WIRE-3", "WIRE-4", "WIRE-5");
    const seen = { valid: 0, invalid: 0 };
    fc.assert(
      fc.property(fc.oneof(...(examples.message?.valid ?? []).map(mutationOf)), (value) => {
        const valid = Message.safeParse(value).success;
        seen[valid ? "valid" : "invalid"]++;
        return isMessage(value) === valid;
      }),
      { numRuns: 100_000 },
    );
    expect(Math.min(seen.valid, seen.invalid)).toBeGreaterThan(5_000);
  });
});

describe("the grammar of the records", () => {
  test("takes the ids and channels that the names package takes, and no others", () => {
    verifies("WIRE-1");
    const alike = fc.oneof(
      fc.stringMatching(/^[a-z.*>_-]{0,12}$/),
      fc.stringMatching(/^U[A-Z2-9]{54,56}$/),
      fc.integer({ min: 30, max: 34 }).map((count) => Array(count).fill("a").join(".")),
      fc.integer({ min: 250, max: 260 }).map((length) => "a".repeat(length)),
      fc.constantFrom("a\n", "\na", `U${"A".repeat(55)}\n`),
    );
    fc.assert(
      fc.property(alike, (value) => {
        expect(text.channel.safeParse(value).success).toBe(isChannel(value));
        expect(text.owner.safeParse(value).success).toBe(isOwnerId(value));
      }),
      { numRuns: 5_000 },
    );
  });

  test("takes names of peers on one line, without separators and outer white space", () => {
    verifies("WIRE-6");
    for (const name of ["Ada Lovelace", "a", "Zoë", "名前", "x".repeat(128)]) {
      expect(text.name.safeParse(name).success).toBe(true);
    }
    for (const name of [
      "",
      " a",
      "a ",
      "a\u00a0",
      "a\nb",
      "a\u2028b",
      "a\u0000",
      "\ud800",
      "x".repeat(129),
    ]) {
      expect([name, text.name.safeParse(name).success]).toEqual([name, false]);
    }
  });
});

describe("what holds for a channel", () => {
  test("is its own config, else the default of the space, else the built-in one, field by field", () => {
    verifies("WIRE-7");
    expect(effectiveChannelConfig(undefined, undefined)).toEqual({
      v: 1,
      replay: true,
      deliveryClass: "durable",
    });
    const defaults = { v: 1, deliveryClass: "live", replay: false, replayWindow: "1h" } as const;
    expect(effectiveChannelConfig(undefined, defaults)).toEqual(defaults);
    expect(effectiveChannelConfig({ v: 1, replay: true, deliveryClass: undefined }, defaults)).toEqual({
      ...defaults,
      replay: true,
    });
  });
});

describe("a reader of records", () => {
  const readers = { readControlRequest, readControlReply, readPresence, readChannelConfig };

  test("gives the record, or says what is wrong and where", () => {
    verifies("WIRE-10", "WIRE-57");
    const [request] = examples["control-request"]?.valid ?? [];
    expect(readControlRequest(bytesOf(request))).toEqual({ kind: "read", record: request });
    expect(readControlRequest(bytesOf({ ...request, from: { id: 3 } }))).toEqual({
      kind: "unreadable",
      reason: "invalid-record",
      where: "from.id",
    });
    for (const read of Object.values(readers)) {
      expect(read(bytesOf("{"))).toEqual({ kind: "unreadable", reason: "malformed-json" });
      expect(read(Uint8Array.of(0xff))).toEqual({ kind: "unreadable", reason: "malformed-json" });
      expect(read(new Uint8Array(1024 * 1024 + 1))).toEqual({ kind: "unreadable", reason: "too-large" });
      expect(read(bytesOf('{"__proto__":1}'))).toEqual({ kind: "unreadable", reason: "invalid-record" });
    }
  });

  test("never throws on random bytes", () => {
    verifies("WIRE-50");
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), fc.json().map(bytesOf)), (bytes) => {
        for (const read of Object.values(readers)) read(bytes);
      }),
      { numRuns: 2_000 },
    );
  });

  test("knows the version that cards name", () => {
    verifies("WIRE-8");
    expect(protocolVersion).toBe("0.3");
  });
});
