import type { Call, Definition } from "../command.ts";
import { writeBundle } from "../doctor/bundle.ts";
import { examine } from "../doctor/examine.ts";
import type { Finding } from "../doctor/finding.ts";
import { withLock } from "../home/lock.ts";
import { meshFilesOf } from "../home/mesh-files.ts";
import { checkDocument, checkLines } from "../mesh/check.ts";
import { requireOutsideSeat } from "../mesh/seat-identity.ts";
import { type Line, toned } from "../report/line.ts";
import type { Outcome } from "../report/reporter.ts";

type Name = "fix" | "bundle" | "dryRun";

export const definition: Definition<Name> = {
  options: ["fix", "bundle", "dryRun"],
  details: [
    "Looks at files, keys, credentials, the disk, the clock and all that runs. --fix takes the rights of others",
    "from files and renews what has expired; for the rest each check names the command to type. --bundle writes",
    "all of it and the logs of the fabric into one file, without secrets and messages.",
    "",
    "All programs of one user of this machine can read each other's files: the boundary",
    "between peers is their identity on the network.",
  ],
};

export async function run({ host, options, step }: Call<Name>): Promise<Outcome> {
  requireOutsideSeat(host);
  const files = await meshFilesOf(host);
  const { fix = false, bundle = false, dryRun = false } = options;
  let findings = await examine(host, step);
  const fixed: string[] = [];
  if (fix && !dryRun && findings.some((finding) => finding.fix !== undefined)) {
    const repair = async (): Promise<void> => {
      for (const finding of findings) if (finding.fix !== undefined) fixed.push(await finding.fix());
    };
    await withLock(files.folder, repair, { waitMs: 60_000, signal: host.interrupted });
    findings = await examine(host, step);
  }
  const checks = findings.map(checkDocument);
  const path = bundle && !dryRun ? await writeBundle(files, checks) : undefined;
  return {
    result: { checks, fixed, fixable: fixable(findings), bundle: path },
    lines: [
      ...checkLines(findings),
      ...fixed.map(fixedLine),
      ...(path === undefined ? [] : [bundleLine(path)]),
    ],
    failure: findings.find(({ verdict }) => verdict === "failed")?.failure,
  };
}

function fixable(findings: readonly Finding[]): string[] {
  return findings.flatMap(({ id, fix }) => (fix === undefined ? [] : [id]));
}

function fixedLine(what: string): Line {
  return [toned("good", "fixed    "), what];
}

function bundleLine(path: string): Line {
  return [toned("dim", "bundle   "), path];
}
