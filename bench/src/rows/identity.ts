import { startSpaceBroker, startTestBroker } from "@cotal/harness";
import type { Row } from "../row.ts";
import { connecting } from "./connecting.ts";
import { minting } from "./minting.ts";

/** What it costs that peers have an identity. */
export const identity: Row = {
  id: "B9",
  title: "connecting and minting",
  suite: "identity",
  async open(size) {
    const smoke = size === "smoke";
    const guarded = await startSpaceBroker();
    const open = await startTestBroker();
    return {
      comparisons: [
        ...connecting({ guarded, open, connects: smoke ? 3 : 80 }),
        minting(guarded.space, smoke ? 100 : 400),
      ],
      processes: [guarded.broker.pid, open.pid],
      async [Symbol.asyncDispose]() {
        await open[Symbol.asyncDispose]();
        await guarded[Symbol.asyncDispose]();
      },
    };
  },
};
