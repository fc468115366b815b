export { describeSpace, type StreamReport } from "./describe-space.ts";
export type { Drift, StreamUse } from "./drift.ts";
export { ensureSpace, type SpaceSpec, type StreamOutcome } from "./ensure-space.ts";
export type { IngestSecrets } from "./ingest.ts";
export { type SpaceLayout, spaceTable } from "./space-table.ts";
export type { StreamConfig, StreamSpec } from "./stream-spec.ts";
