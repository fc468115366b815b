import { describe, test } from "vitest";
import { patienceFor, playMany } from "./model/campaign.ts";
import { createDaemons } from "./model/daemons.ts";
import { anyHistory, daemonHistory, disastrousHistory } from "./model/history.ts";
import { createLeaderProcesses } from "./model/leader-process.ts";
import { worldOfFile } from "./support-actor.ts";

/** So many are played, however long it takes. */
const count = Number(process.env.COTAL_RUNS);
/** Each history leaves some rows of who has left. */
const world = worldOfFile(7 * 1024 ** 3);

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

describe("with whole daemons", () => {
  const world = worldOfFile();

  test(
    "so it does while they are killed, and while they stand still",
    async () => {
      await using daemons = createDaemons();
      const few = Math.ceil(count / 20);
      await playMany(world(), { histories: daemonHistory, count: few, lead: daemons.start });
    },
    patienceFor(count),
  );
});
