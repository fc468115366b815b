import { verifies } from "@cotal/requirements";
import { describe, test } from "vitest";
import { patienceFor, playMany } from "./model/campaign.ts";
import { createDaemons } from "./model/daemons.ts";
import { anyHistory, daemonHistory, disastrousHistory, type Step } from "./model/history.ts";
import { createLeaderProcesses } from "./model/leader-process.ts";
import { worldOfFile } from "./support-actor.ts";

const world = worldOfFile();

const post: Step = { kind: "publish", by: 0, channel: 0, mentions: [] };
/** One joins behind posts that are not served yet; CHAT loses these, and others get their numbers. */
const beyondWhatWasServed: readonly Step[] = [
  { kind: "join", owner: 0, channel: 0, back: 0 },
  post,
  { kind: "save" },
  { kind: "restore", posts: 0 },
  { kind: "evict", keep: 0 },
  post,
  post,
  { kind: "join", owner: 1, channel: 0, back: 0 },
  { kind: "restore", posts: 2 },
  post,
];

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
      await playMany(world(), { histories: disastrousHistory, count: some, known: [beyondWhatWasServed] });
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

describe("so it does with whole daemons, which share the shards and wait for each other's", () => {
  // Their epochs are those of their leases.
  const world = worldOfFile();
  const few = 4;

  test(
    "when they are killed, and when they stand still while others take over",
    async () => {
      verifies("DLV-82", "DLV-92", "DLV-93", "DLV-112");
      await using daemons = createDaemons();
      await playMany(world(), { histories: daemonHistory, count: few, lead: daemons.start });
    },
    patienceFor(few),
  );
});
