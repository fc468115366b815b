import type { Call, Definition } from "../command.ts";
import { wantedOf } from "../completion/candidates.ts";
import { liveNames } from "../completion/live-names.ts";
import type { Outcome } from "../report/reporter.ts";

type CompleteCall = Call<"timeout", "typed">;

export const definition: Definition<"timeout", "typed"> = {
  options: ["timeout"],
  arguments: ["typed"],
  details: ["A shell asks it; see cotal completion."],
};

export async function run(call: CompleteCall): Promise<Outcome> {
  const last = call.words.typed.at(-1) ?? "";
  const all = await wordsFor(call);
  const candidates = [...new Set(all)].filter((word) => word.startsWith(last)).sort();
  return { result: { candidates }, lines: candidates };
}

/** Nobody waits longer for a completion. */
const patienceMs = 2_000;

/** All that may stand where the last word is typed. */
async function wordsFor({
  words: { typed },
  options,
  host,
  catalogue,
}: CompleteCall): Promise<readonly string[]> {
  const before = typed.slice(0, -1).filter((word) => !word.startsWith("-"));
  const [first] = before;
  if (first === undefined) return [...new Set(catalogue.names.map((name) => name.split(" ")[0] ?? ""))];
  const members = catalogue.membersOf(first);
  if (members.length > 0 && before.length === 1) return members;
  const definition = await catalogue.definitionOf(before);
  if (definition === undefined) return [];
  const skipped = members.length > 0 ? 2 : 1;
  const wanted = wantedOf({ definition, words: withoutName(typed, skipped) });
  if (wanted.kind === "anything") return [];
  return wanted.kind === "words"
    ? wanted.words
    : await liveNames(wanted.of, { host, timeoutMs: options.timeout ?? patienceMs });
}

/** What stands behind the words of the name of the command. */
function withoutName(typed: readonly string[], skipped: number): readonly string[] {
  let left = skipped;
  return typed.filter((word) => {
    if (left === 0 || word.startsWith("-")) return true;
    left -= 1;
    return false;
  });
}
