import { expect, test } from "vitest";
import { foreignShare, parseCpuLine, parseTicks, readCpu } from "../src/cpu.ts";

test("busy is everything but idle and waiting, and guests count once", () => {
  const text = "cpu  100 10 20 700 30 4 5 6 50 1\ncpu0 1 1 1 1 1 1 1 1 1 1\n";
  expect(parseCpuLine(text)).toEqual({ busy: 145, idle: 730 });
});

test("the ticks of a process are found behind a name of any form", () => {
  const fields = "S 1 1 1 0 -1 4194560 1 2 3 4 250 50 7 8";
  expect(parseTicks(`42 (node) ${fields}`)).toBe(300);
  expect(parseTicks(`42 (a) S 9 (b) ${fields}`)).toBe(300);
});

test("the foreign share is what neither idled nor was ours", () => {
  const before = { busy: 100, idle: 100, own: 10 };
  expect(foreignShare(before, { busy: 160, idle: 140, own: 40 })).toBeCloseTo(0.3);
  expect(foreignShare(before, { busy: 150, idle: 150, own: 60 })).toBe(0);
  expect(foreignShare(before, { busy: 102, idle: 198, own: 14 })).toBe(0);
  expect(foreignShare(before, before)).toBe(0);
});

test("the readings of this machine grow, where it has any", () => {
  const before = readCpu();
  expect(before === null).toBe(process.platform !== "linux");
  if (!before) return;
  const until = process.cpuUsage().user + 100_000;
  while (process.cpuUsage().user < until);
  const after = readCpu();
  expect(after?.own).toBeGreaterThan(before.own);
  expect(after?.busy).toBeGreaterThan(before.busy);
});
