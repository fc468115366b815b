import { readRules, specFolder } from "@cotal/requirements";
import { violations } from "../dependencies/violations.ts";
import { unsynced } from "../manifests/sync.ts";
import { readRepo } from "../repo/read-repo.ts";
import { root } from "../repo/root.ts";
import { citationsIn } from "../requirements/citations.ts";
import { coverage } from "../requirements/coverage.ts";
import { tidy } from "../tidy/tidy.ts";
import { build } from "./build.ts";
import { type Check, type Report, reportOf } from "./check.ts";
import { runTool } from "./command.ts";
import { checkConsumer } from "./consumer.ts";
import { checkPackages } from "./packages.ts";
import { checkReleases } from "./releases.ts";

/** Every check of `pnpm check`, the quick ones first. */
export function allChecks(): Check[] {
  const repo = readRepo(root);
  const built = once(build);
  return [
    { name: "tidy", run: async () => reportOf(tidy(repo), `${repo.files.length} files`) },
    {
      name: "requirements",
      run: async () => {
        const { faults, summary } = coverage(readRules(specFolder), citationsIn(repo.files));
        return reportOf(faults, summary);
      },
    },
    {
      name: "manifests",
      run: async () => reportOf(unsynced(repo.files).map(({ path }) => `${path} differs; run pnpm sync`)),
    },
    {
      name: "dependencies",
      run: async () => reportOf(await violations(root, repo.layers)),
    },
    { name: "releases", run: checkReleases },
    { name: "biome", run: () => runTool("biome", ["ci", "--error-on-warnings", "--colors=off"]) },
    { name: "knip", run: () => runTool("knip", ["--no-progress"]) },
    { name: "types", run: () => runTool("tsc", ["-p", "."]) },
    { name: "build", run: built },
    { name: "packages", run: () => after(built, checkPackages) },
    { name: "consumer", run: () => after(built, checkConsumer) },
  ];
}

/** What every caller gets is the one run of the first. */
function once(run: () => Promise<Report>): () => Promise<Report> {
  let running: Promise<Report> | undefined;
  return () => {
    running ??= run();
    return running;
  };
}

async function after(first: () => Promise<Report>, then: () => Promise<Report>): Promise<Report> {
  const { ok } = await first();
  return ok ? then() : reportOf(["what was not built cannot be looked at"]);
}
