import { verifies } from "@cotal/requirements";
import { expect, test } from "vitest";
import { createEvents } from "../src/events.ts";

test("a listener that throws harms neither the others nor who tells", () => {
  verifies("ENDP-9");
  const failures: unknown[] = [];
  const events = createEvents((error) => failures.push(error));
  const heard: string[] = [];
  events.on("gap", () => {
    throw new Error("broken");
  });
  const stop = events.on("gap", ({ channel }) => heard.push(channel));
  events.emit("gap", { channel: "a", reason: "disconnected" });
  stop();
  stop();
  events.emit("gap", { channel: "b", reason: "disconnected" });
  expect(heard).toEqual(["a"]);
  expect(failures).toHaveLength(2);
  expect(events.listeners).toBe(1);
});
