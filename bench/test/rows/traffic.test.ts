import { parseSubject } from "@cotal/subjects";
import { expect, test } from "vitest";
import { asReceived, createTraffic } from "../../src/rows/traffic.ts";

test("traffic is the same in each run", () => {
  const [one, other] = [createTraffic(), createTraffic()];
  expect(one.subjects).toEqual(other.subjects);
  expect(one.draw(one.subjects, 50)).toEqual(other.draw(other.subjects, 50));
});

test("each of 50 peers posts in each of 8 channels", () => {
  const { subjects, ids, channels } = createTraffic();
  const read = subjects.map(parseSubject).flatMap((subject) => (subject?.kind === "chat" ? subject : []));
  expect(new Set(subjects).size).toBe(400);
  expect(new Set(read.map(({ sender }) => sender))).toEqual(new Set(ids));
  expect(new Set(read.map(({ channel }) => channel))).toEqual(new Set(channels));
});

test("draws reach everything and new ids do not repeat", () => {
  const traffic = createTraffic();
  expect(new Set(traffic.draw(traffic.subjects, 10_000)).size).toBe(400);
  expect(new Set(Array.from({ length: 5_000 }, traffic.newId)).size).toBe(5_000);
});

test("what is received reads like what was sent", () => {
  expect(asReceived(["a", "bc.d", "", "e"])).toEqual(["a", "bc.d", "", "e"]);
});
