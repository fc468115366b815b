export { createEngine, type Engine } from "./engine.ts";
export type { EngineEvent, EngineOptions } from "./engine-options.ts";
export type { ShardReport } from "./engine-shard.ts";
export { createFeed, type Feed, type FeedOptions } from "./feed.ts";
export { type MetricsOptions, type MetricsServer, serveMetrics } from "./metrics-server.ts";
export type { DeadRow } from "./shard.ts";
