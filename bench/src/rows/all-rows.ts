import type { Row } from "../row.ts";
import { direct } from "./direct.ts";
import { history } from "./history.ts";
import { identity } from "./identity.ts";
import { liveLatency, liveThroughput } from "./live.ts";
import { pureChecks } from "./pure-checks.ts";
import { readiness } from "./readiness.ts";

/** All benchmarks, in the order in which they run. */
export const rows: readonly Row[] = [
  liveLatency,
  liveThroughput,
  direct,
  readiness,
  identity,
  pureChecks,
  history,
];
