import { verifies } from "@cotal/requirements";
import { expect, test } from "vitest";
import { renderLine, toned } from "../../src/report/line.ts";
import { table } from "../../src/report/table.ts";

test("rows stand in columns as they are shown, also where something had to be neutralised", () => {
  verifies("CLI-7");
  const rows = [
    ["\u001bx", toned("good", "a"), "last"],
    ["ab", "bcd", ""],
  ];
  expect(table(["n", "two", "three"], rows).map((line) => renderLine(line, false))).toEqual([
    "n        two  three",
    "\\u{1b}x  a    last",
    "ab       bcd  ",
  ]);
});
