import { readFile } from "node:fs/promises";
import { checkPackage, createPackageFromTarballData, type Problem } from "@arethetypeswrong/core";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { isProgram } from "../repo/workspace.ts";
import { type Report, reportOf } from "./check.ts";
import { type PackedPackage, withPacked } from "./packed.ts";

/** Asks publint and attw about every package as it would be published. */
export function checkPackages(): Promise<Report> {
  return withPacked(async (packed) => {
    const faults = await Promise.all(
      packed.map(async (one) => [...(await publintFaults(one)), ...(await typeFaults(one))]),
    );
    return reportOf(faults.flat(), `${packed.length} packages`);
  });
}

async function publintFaults({ folder, tarball }: PackedPackage): Promise<string[]> {
  const content = new Uint8Array(await readFile(tarball));
  const { messages, pkg } = await publint({ pack: { tarball: content.buffer }, strict: true });
  return messages
    .filter(({ type }) => type !== "suggestion")
    .map((message) => `${folder} publint: ${formatMessage(message, pkg, { color: false }) ?? message.code}`);
}

async function typeFaults(one: PackedPackage): Promise<string[]> {
  if (isProgram(one)) return [];
  const { folder, tarball } = one;
  const analysis = await checkPackage(createPackageFromTarballData(new Uint8Array(await readFile(tarball))));
  if (!analysis.types) return [`${folder} attw: the package has no types`];
  return analysis.problems.filter(concernsEsm).map((problem) => `${folder} attw: ${JSON.stringify(problem)}`);
}

/** The packages are for import only; how older ways of resolution fail does not matter. */
function concernsEsm(problem: Problem): boolean {
  const kind = "resolutionKind" in problem ? problem.resolutionKind : undefined;
  return kind !== "node10" && kind !== "node16-cjs";
}
