import { expect, test } from "vitest";
import * as api from "../src/index.ts";

test("the package offers these names and no others", () => {
  expect(Object.keys(api).sort()).toEqual(["createEngine", "createFeed", "serveMetrics"]);
});
