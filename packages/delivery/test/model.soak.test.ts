import { test } from "vitest";
import { patienceFor, playMany } from "./model/campaign.ts";
import { anyHistory, disastrousHistory } from "./model/history.ts";
import { createLeaderProcesses } from "./model/leader-process.ts";
import { worldOfFile } from "./support-actor.ts";

/** So many are played, however long it takes. */
const count = Number(process.env.COTAL_RUNS);
const world = worldOfFile();

test(
  "delivery goes on losing, doubling and leaking nothing",
  () => playMany(world(), { histories: anyHistory, count }),
  patienceFor(count),
);

test(
  "so it does while the broker is killed",
  () => playMany(world(), { histories: disastrousHistory, count: Math.ceil(count / 2) }),
  patienceFor(count),
);

test(
  "so it does while the processes that lead are killed as well",
  async () => {
    await using leaders = createLeaderProcesses();
    const few = Math.ceil(count / 20);
    await playMany(world(), { histories: disastrousHistory, count: few, lead: leaders.start });
  },
  patienceFor(count),
);
