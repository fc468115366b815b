import getReleasePlan from "@changesets/get-release-plan";
import { root } from "../repo/root.ts";
import { readFiles } from "../repo/text-file.ts";
import { isPublished, packagesOf } from "../repo/workspace.ts";
import { type Report, reportOf } from "./check.ts";

/** The changesets can be read, and release published packages only. */
export async function checkReleases(): Promise<Report> {
  const published = new Set(
    packagesOf(readFiles(root))
      .filter(isPublished)
      .map(({ manifest }) => manifest.name),
  );
  const { releases } = await getReleasePlan(root);
  const due = releases.filter(({ type }) => type !== "none");
  const faults = due
    .filter(({ name }) => !published.has(name))
    .map(({ name }) => `a changeset releases ${name}, which is private`);
  return reportOf(faults, `${due.length} packages to release`);
}
