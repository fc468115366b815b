import { isSource, placeOf } from "../repo/place.ts";
import type { TextFile } from "../repo/text-file.ts";
import type { Finding, Rule } from "./rule.ts";

const maxLines = 400;
const maxMedian = 90;

/** No TypeScript file is long, and the usual source file is short. */
export const fileSize: Rule = {
  name: "file-size",
  findings: ({ files }) => [...tooLong(files), ...tooLongUsually(files)],
};

function tooLong(files: readonly TextFile[]): Finding[] {
  return files
    .filter((file) => placeOf(file.path) !== undefined && linesOf(file) > maxLines)
    .map((file) => ({ path: file.path, message: `${linesOf(file)} lines; at most ${maxLines}` }));
}

function tooLongUsually(files: readonly TextFile[]): Finding[] {
  const lengths = files
    .filter(({ path }) => isSource(path))
    .map(linesOf)
    .sort((a, b) => a - b);
  const median = lengths[Math.floor(lengths.length / 2)] ?? 0;
  if (median <= maxMedian) return [];
  return [{ path: ".", message: `the median source file has ${median} lines; at most ${maxMedian}` }];
}

function linesOf({ text }: TextFile): number {
  return text.split("\n").length - (text.endsWith("\n") ? 1 : 0);
}
