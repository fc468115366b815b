import { test } from "vitest";
import { patienceFor, playMany } from "./model/campaign.ts";
import { worldOfFile } from "./support-actor.ts";

/** So many are played, however long it takes. */
const histories = Number(process.env.COTAL_RUNS);
const world = worldOfFile();

test(
  "delivery goes on losing, doubling and leaking nothing",
  () => playMany(world(), histories),
  patienceFor(histories),
);
