import { verifies } from "@cotal/requirements";
import { type Session, systemClock } from "@cotal/session";
import type { Token } from "@cotal/subjects";
import { describe, expect, test } from "vitest";
import { createStream } from "../src/broker-stream.ts";
import { seal } from "../src/ingest.ts";
import { spaceTable } from "../src/space-table.ts";
import { failureOf, secretOf, specOf } from "./support.ts";

describe("an ingest secret", () => {
  // A space may be called like the first token of an ingest.
  const rows = ["acme", "in"].flatMap((space) => spaceTable(specOf(space)));

  test("stands in front of the subjects of every stream but those that peers publish to", () => {
    verifies("REG-1");
    const plain = rows.filter(({ config }) =>
      config.subjects.some((subject) => !subject.startsWith("in.*.")),
    );
    expect(plain.map(({ name }) => name)).toEqual(
      ["acme", "in"].flatMap((space) => [
        `CHAT_${space}`,
        `DM_${space}`,
        `TASK_${space}`,
        `KV_cotal_presence_${space}`,
      ]),
    );
  });

  test("is in the configuration for the broker and is masked in what comes back", () => {
    verifies("REG-5");
    for (const row of rows) {
      const sealed = seal(row, secretOf);
      const text = JSON.stringify(sealed.reveal());
      expect(text.includes("in.*")).toBe(false);
      if (row.ingest !== undefined) expect(text).toContain(secretOf(row.ingest));
      expect(sealed.mask(sealed.reveal())).toEqual(row.config);
    }
  });

  test("of somebody else is masked too, and differs from the own", () => {
    verifies("REG-5");
    const row = rows.find(({ name }) => name === "KV_cotal_acl_acme");
    if (!row) throw new Error("no such row");
    const other = seal(row, () => secretOf("other")).reveal();
    const masked = JSON.stringify(seal(row, secretOf).mask({ ...other, text: `at ${other.subjects[0]}` }));
    expect(masked).not.toContain(secretOf("other"));
    expect(masked).toContain("in.(other).$KV.cotal_acl_acme.>");
    expect(masked).toContain("at in.(other).");
  });

  test("does not come back in a refusal that repeats the configuration", async () => {
    verifies("REG-5");
    // No refusal of the present broker does so.
    const ask = async ({ data }: { readonly data: string }) => ({
      data: Buffer.from(JSON.stringify({ error: { code: 400, description: data } })),
    });
    const brokerClock = { learn: () => undefined };
    const session = { requests: { ask }, clock: systemClock, brokerClock } as unknown as Session;
    for (const row of rows.filter(({ ingest }) => ingest !== undefined)) {
      const failure = await failureOf(createStream(session, seal(row, secretOf)));
      expect(failure.data).toMatchObject({ stream: row.name, text: expect.stringContaining("in.*.") });
      expect(JSON.stringify(failure.data)).not.toContain(secretOf(row.ingest ?? ""));
    }
  });

  test.each(["", "short", "a.b".repeat(20), "*", ">"])(
    "that could be guessed is refused: %j",
    async (text) => {
      verifies("REG-39");
      const [row] = rows.filter(({ ingest }) => ingest !== undefined);
      if (!row) throw new Error("no such row");
      const failure = await failureOf(Promise.resolve().then(() => seal(row, () => text as Token)));
      expect(failure.code).toBe("weak-secret");
      if (text.length > 5)
        expect(`${failure.message}${failure.hint}${JSON.stringify(failure.data)}`).not.toContain(text);
    },
  );
});
