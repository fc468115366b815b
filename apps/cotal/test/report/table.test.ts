import { verifies } from "@cotal/requirements";
import { expect, test } from "vitest";
import { renderLine, toned } from "../../src/report/line.ts";
import { table, tableLines } from "../../src/report/table.ts";

const rows = [
  ["\u001bx", toned("good", "a"), "last"],
  ["ab", "bcd", ""],
];
const shown = (columns: number): string[] =>
  table(["n", "two", "three"], rows).flatMap((each) =>
    tableLines(each, columns).map((line) => renderLine(line, false)),
  );

test("rows stand in columns as they are shown, also where something had to be neutralised", () => {
  verifies("CLI-7");
  expect(shown(Number.POSITIVE_INFINITY)).toEqual([
    "n        two  three",
    "\\u{1b}x  a    last",
    "ab       bcd  ",
  ]);
});

test("where columns are wider than the terminal each row is a block, without what is empty", () => {
  verifies("CLI-187");
  expect(shown(19)).toHaveLength(3);
  expect(shown(18)).toEqual(["\\u{1b}x", "  two    a", "  three  last", "ab", "  two    bcd"]);
});
