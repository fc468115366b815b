import { verifies } from "@cotal/requirements";
import { describe, test } from "vitest";
import { patienceFor, playMany } from "./model/campaign.ts";
import { anyHistory, disastrousHistory } from "./model/history.ts";
import { createLeaderProcesses } from "./model/leader-process.ts";
import { worldOfFile } from "./support-actor.ts";

const world = worldOfFile();

describe("delivery loses nothing, doubles nothing and leaks nothing", () => {
  const [many, some, few] = [150, 60, 8];

  test(
    "whatever happens in whatever order",
    async () => {
      verifies("DLV-95");
      await playMany(world(), { histories: anyHistory, count: many });
    },
    patienceFor(many),
  );

  test(
    "when the broker is killed, and CHAT comes back from an older copy",
    async () => {
      verifies("DLV-17", "DLV-92", "DLV-93", "DLV-103");
      await playMany(world(), { histories: disastrousHistory, count: some });
    },
    patienceFor(some),
  );

  test(
    "when the processes that lead are killed as well",
    async () => {
      verifies("DLV-91", "DLV-93", "DLV-103");
      await using leaders = createLeaderProcesses();
      await playMany(world(), { histories: disastrousHistory, count: few, lead: leaders.start });
    },
    patienceFor(few),
  );
});
