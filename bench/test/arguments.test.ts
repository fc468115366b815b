import { expect, test } from "vitest";
import { readArguments } from "../src/arguments.ts";
import type { Row } from "../src/row.ts";

const row = (id: string, suite: string): Row => ({
  id,
  title: id,
  suite,
  open: async () => ({ comparisons: [], async [Symbol.asyncDispose]() {} }),
});
const rows = [row("B1", "live"), row("B2", "live"), row("B11", "pure")];

function idsOf(...given: string[]): string[] {
  const read = readArguments(given, rows);
  if (read.kind !== "run") throw new Error(read.kind);
  return read.rows.map(({ id }) => id);
}

test("without a name all rows run, in their own order", () => {
  expect(idsOf()).toEqual(["B1", "B2", "B11"]);
});

test("a name is a suite or the id of a row, and rows never run twice", () => {
  expect(idsOf("pure")).toEqual(["B11"]);
  expect(idsOf("b11", "live", "B2")).toEqual(["B1", "B2", "B11"]);
});

test("an id is found in small and in capital letters, also one of several words", () => {
  const all = [...rows, row("B8-durable", "readiness")];
  for (const name of ["B8-durable", "b8-durable", "B8-DURABLE"]) {
    expect(readArguments([name], all)).toMatchObject({ kind: "run", rows: [{ id: "B8-durable" }] });
  }
});

test("flags stand anywhere", () => {
  expect(readArguments(["--json", "pure", "--gate"], rows)).toEqual({
    kind: "run",
    rows: [rows[2]],
    gate: true,
    quick: false,
    json: true,
  });
});

test("--help is answered whatever else is asked", () => {
  expect(readArguments(["pure", "--help"], rows)).toEqual({ kind: "help" });
});

test.each([
  [["nothing"], 'there is no benchmark "nothing"; there are live, B1, B2, pure, B11'],
  [["pure", "B1x"], 'there is no benchmark "B1x"'],
  [["__proto__"], 'there is no benchmark "__proto__"'],
  [[""], 'there is no benchmark ""'],
  [["--fast"], "--fast"],
  [["--gate=yes"], "--gate"],
  [["--gate", "--quick"], "--quick gates nothing"],
])("%j is refused with a reason", (given, reason) => {
  expect(readArguments(given, rows)).toEqual({ kind: "refused", reason: expect.stringContaining(reason) });
});
