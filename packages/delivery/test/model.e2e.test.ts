import { verifies } from "@cotal/requirements";
import { test } from "vitest";
import { patienceFor, playMany } from "./model/campaign.ts";
import { worldOfFile } from "./support-actor.ts";

const histories = 220;
const world = worldOfFile();

test(
  "delivery loses nothing, doubles nothing and leaks nothing, whatever happens in whatever order",
  async () => {
    verifies("DLV-95");
    await playMany(world(), histories);
  },
  patienceFor(histories),
);
