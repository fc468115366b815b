import { systemClock } from "@cotal/session";
import { describe } from "vitest";
import { allSuites } from "./all-suites.ts";
import { createMemoryBucket, memoryRegistry } from "./memory-registry.ts";
import type { OpenWorld } from "./world.ts";

const openWorld: OpenWorld = async (definition) => {
  const bucket = createMemoryBucket();
  const join = async () => memoryRegistry(bucket, definition, systemClock);
  return {
    join,
    racers: (count) => Promise.all(Array.from({ length: count }, join)),
    raw: async (key, bytes) => {
      await bucket.append(key, new TextEncoder().encode(bytes));
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
};

describe("in memory", () => allSuites(openWorld));
