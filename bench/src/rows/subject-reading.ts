import { formatSubject, parseSubject } from "@cotal/subjects";
import type { Comparison } from "../row.ts";
import { timed } from "./timed.ts";
import { asReceived, type Traffic } from "./traffic.ts";

/** Reading a subject against splitting it, which checks nothing. */
export function subjectReading(traffic: Traffic, items: number): Comparison[] {
  const sides = (draw: (count: number) => string[]) => ({
    rawTitle: '`split(".")`',
    unit: "ns",
    better: "lower" as const,
    ours: () => timed(items, { draw, expected: all, run: countRead }),
    raw: () => timed(items, { draw, expected: all, run: countSplit }),
  });
  return [
    {
      title: "subject, as traffic repeats them",
      gate: 0.8,
      aim: "72 ns",
      ...sides((count) => asReceived(traffic.draw(traffic.subjects, count))),
    },
    { title: "subject, never seen before", ...sides((count) => asReceived(newSubjects(traffic, count))) },
  ];
}

const all = (subjects: readonly string[]): number => subjects.length;

function newSubjects(traffic: Traffic, count: number): string[] {
  const { space, newId, channels } = traffic;
  return traffic
    .draw(channels, count)
    .map((channel) => formatSubject({ kind: "chat", space, sender: newId(), channel }));
}

function countRead(subjects: readonly string[]): number {
  let count = 0;
  for (const subject of subjects) if (parseSubject(subject)?.kind === "chat") count++;
  return count;
}

function countSplit(subjects: readonly string[]): number {
  let count = 0;
  for (const subject of subjects) if (subject.split(".")[2] === "chat") count++;
  return count;
}
