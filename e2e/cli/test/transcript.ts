import { hostname } from "node:os";

/** What differs from run to run, by what stands for it. */
const samples: readonly (readonly [varies: RegExp, sample: string])[] = [
  [/\bpid \d+/g, "pid 4711"],
  [/127\.0\.0\.1:\d+/g, "127.0.0.1:4222"],
  [/\bseq \d+/g, "seq 1"],
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, "2026-01-01T12:00:00Z"],
  [/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/g, "2026-01-01 12:00:00"],
  [/\bU[A-Z2-7]{55}\b/g, `U${"A".repeat(55)}`],
  // The columns of a table are as wide as what stands in them.
  [/pid +since +restarts/g, "pid   since  restarts"],
  [/(present|absent) +\d+ +\d+s +/g, "$1  4711  1s     "],
  [/nats-server \d+\.\d+\.\d+/g, "nats-server 2.14.0"],
];

/** A text as it is on any machine, at any time. */
export function masked(text: string, folder: string): string {
  const here = text.replaceAll(folder, "~").replaceAll(hostname(), "here");
  return samples.reduce((shown, [varies, sample]) => shown.replace(varies, sample), here);
}
