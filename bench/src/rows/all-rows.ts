import { command } from "../command/command.ts";
import { fanOutAway } from "../durable/away.ts";
import { catchUp } from "../durable/catch-up.ts";
import { fanOut, lastMember } from "../durable/fan-out.ts";
import { growth } from "../durable/growth.ts";
import { durableJoin } from "../durable/joining.ts";
import { narrowing } from "../durable/narrowing.ts";
import { idle } from "../herd/idle.ts";
import { massRestart } from "../herd/mass-restart.ts";
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
  fanOut(1),
  fanOut(10),
  fanOut(50),
  fanOut(200),
  fanOutAway(1),
  fanOutAway(10),
  catchUp,
  lastMember(1),
  lastMember(10),
  lastMember(50),
  readiness,
  durableJoin,
  identity,
  pureChecks,
  narrowing,
  growth,
  history,
  command,
  idle,
  massRestart,
];
