import type { Row } from "../row.ts";
import { opened } from "../space/opened.ts";
import { openPair } from "../space/pair.ts";
import { latencyUs, throughput, warmUp } from "../space/way.ts";
import { openDirectWays } from "./direct-ways.ts";

const rawTitle = "publish, consume and ack";

/** One peer tells another something, which handles it. */
export const direct: Row = {
  id: "B3",
  title: "direct messages until they are handled and acked",
  suite: "direct",
  open: (size) =>
    opened(async (scope) => {
      const pair = await openPair(scope, "open");
      const { ours, raw } = await openDirectWays(pair);
      const smoke = size === "smoke";
      if (!smoke) await warmUp(ours, raw);
      const paced = { count: smoke ? 50 : 1_000, perSecond: 500 };
      const crowded = { count: smoke ? 200 : 5_000, inFlight: 100 };
      return {
        comparisons: [
          {
            title: "p50 at 500/s",
            rawTitle,
            unit: "µs",
            better: "lower",
            gate: 1.25,
            aim: "1.10",
            ours: () => latencyUs(ours, paced),
            raw: () => latencyUs(raw, paced),
          },
          {
            title: "throughput, 100 in flight",
            rawTitle,
            unit: "1/s",
            better: "higher",
            gate: 0.8,
            aim: "0.90",
            ours: () => throughput(ours, crowded),
            raw: () => throughput(raw, crowded),
          },
        ],
        processes: pair.processes,
      };
    }),
};
