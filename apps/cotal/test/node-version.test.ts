import { verifies } from "@cotal/requirements";
import { expect, test } from "vitest";
import { nodeRefusal } from "../src/node-version.ts";

test.each(["20.19.0", "20.20.2", "22.0.0", "100.1.0"])("Node %s is new enough", (version) => {
  expect(nodeRefusal(version)).toBeUndefined();
});

test.each(["20.18.9", "18.20.0", "19.99.0", "4.0.0"])("Node %s is refused in one line", (version) => {
  verifies("CLI-12");
  expect(nodeRefusal(version)).toMatch(/^cotal needs Node 20\.19 or newer .+$/);
  expect(nodeRefusal(version)).toContain(version);
});
