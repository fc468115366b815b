import type { Row } from "../row.ts";
import { accessCheck } from "./access-check.ts";
import { subjectReading } from "./subject-reading.ts";
import { createTraffic } from "./traffic.ts";
import { verification } from "./verification.ts";

/** What runs for each message and needs no broker. */
export const pureChecks: Row = {
  id: "B11",
  title: "pure checks of each message",
  suite: "pure",
  async open(size) {
    const traffic = createTraffic();
    const items = size === "smoke" ? 2_000 : 100_000;
    return {
      comparisons: [
        accessCheck(traffic, { patterns: 30, items }),
        accessCheck(traffic, { patterns: 300, items }),
        ...subjectReading(traffic, items),
        verification(traffic, items / 5),
      ],
      async [Symbol.asyncDispose]() {},
    };
  },
};
