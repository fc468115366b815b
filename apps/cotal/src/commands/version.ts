import type { Definition } from "../command.ts";
import { stateFormat } from "../home/state-format.ts";
import { programVersion } from "../program-version.ts";
import { facts, toned } from "../report/line.ts";
import type { Outcome } from "../report/reporter.ts";

export const definition: Definition<never> = {
  options: [],
  details: ["The broker's version is part of cotal status."],
};

export async function run(): Promise<Outcome> {
  const result = {
    version: programVersion(),
    stateFormat,
    node: process.versions.node,
    platform: `${process.platform} ${process.arch}`,
  };
  const rows = facts([
    ["cotal", toned("strong", result.version)],
    ["node", result.node],
    ["platform", result.platform],
    ["state", `format ${stateFormat}`],
  ]);
  return { result, lines: rows };
}
