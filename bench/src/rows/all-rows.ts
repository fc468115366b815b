import type { Row } from "../row.ts";
import { identity } from "./identity.ts";
import { pureChecks } from "./pure-checks.ts";

/** All benchmarks, in the order in which they run. */
export const rows: readonly Row[] = [identity, pureChecks];
