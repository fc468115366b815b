import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

/** Tests run on source: every package offers it under this private export condition. */
const source = { conditions: ["cotal-source"] };

interface Kind {
  readonly include: string[];
  readonly exclude?: string[];
  readonly testTimeout: number;
  readonly globalSetup?: string;
}

const project = (name: string, { include, exclude = [], testTimeout, globalSetup }: Kind) => ({
  resolve: source,
  ssr: { resolve: source },
  test: {
    name,
    include,
    exclude: ["**/node_modules/**", "**/dist/**", ...exclude],
    pool: "forks" as const,
    ...(globalSetup === undefined ? {} : { globalSetup }),
    testTimeout,
    hookTimeout: 120_000,
  },
});

const anyTest = "{packages,apps,e2e,bench,tools}/**/*.test.ts";
const needsBroker = "{packages,apps,e2e,bench,tools}/**/*.contract.test.ts";
const scenario = "{packages,apps,e2e,bench,tools}/**/*.e2e.test.ts";
/** Plays for as long as it is told to, and only then. */
const soak = "{packages,apps,e2e,bench,tools}/**/*.soak.test.ts";

export default defineConfig({
  test: {
    // Most tests wait for a broker more than they compute, so one more than there are processors has work.
    maxWorkers: availableParallelism() + 1,
    reporters: ["default", "json"],
    outputFile: { json: ".results/tests.json" },
    projects: [
      project("unit", {
        include: [anyTest],
        exclude: [needsBroker, scenario, soak],
        testTimeout: 120_000,
      }),
      project("contract", { include: [needsBroker], testTimeout: 120_000 }),
      project("e2e", {
        include: [scenario],
        testTimeout: 300_000,
        globalSetup: "e2e/cli/test/published-program.ts",
      }),
      ...(process.env.COTAL_RUNS === undefined
        ? []
        : [project("soak", { include: [soak], testTimeout: 300_000 })]),
    ],
  },
});
