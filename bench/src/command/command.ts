import { join } from "node:path";
import { locateBroker } from "@cotal/broker";
import { guardedFolder } from "@cotal/harness";
import type { Scope } from "@cotal/session";
import { publishedProgram } from "@cotal/tools/published-program";
import type { Comparison, Row } from "../row.ts";
import { opened, use } from "../space/opened.ts";
import { spreadOf } from "../statistics.ts";
import { type BareBroker, startBareBroker } from "./bare-broker.ts";
import { runNode, startIdleNode, termMs } from "./processes.ts";

/** What a user waits for at the command line. */
export const command: Row = {
  id: "B13",
  title: "the command",
  suite: "command",
  open: (size) =>
    opened(async (scope) => ({ comparisons: await comparisonsOf(scope, size === "smoke" ? 1 : 5) })),
};

/** A command cannot be faster than this. */
const nothing = ["-e", "0"];

async function comparisonsOf(scope: Scope, turns: number): Promise<Comparison[]> {
  const { path: program } = use(scope, await publishedProgram("cotal"));
  const { path: folder } = use(scope, await guardedFolder());
  const { path: binary } = await locateBroker({ first: "shipped", searchPath: process.env.PATH });
  const env = { PATH: process.env.PATH ?? "", HOME: folder, COTAL_HOME: join(folder, "home") };
  const cotal = (...words: readonly string[]): Promise<number> => runNode([program, ...words], env);
  // What a round that failed has left running ends with the row.
  scope.defer(async () => void (await cotal("down")));
  let made = 0;
  const bareBroker = (): Promise<BareBroker> => startBareBroker(binary, join(folder, `bare-${made++}`));
  const compared = { unit: "ms", better: "lower" } as const;
  return [
    {
      ...compared,
      title: "`up`, until all is ready",
      rawTitle: "`node -e 0`; keys, broker, as many streams",
      gate: 2.5,
      aim: "1.5",
      ours: async () => {
        const tookMs = await cotal("up", "--detach");
        await cotal("down", "--purge", "--yes");
        return tookMs;
      },
      raw: async () => {
        const nodeMs = await runNode(nothing, env);
        const broker = await bareBroker();
        await termMs([broker.child]);
        return nodeMs + broker.tookMs;
      },
    },
    {
      ...compared,
      title: "`down`, until all is gone",
      rawTitle: "`node -e 0`; TERM to the end of a broker and two processes",
      gate: 4,
      aim: "2",
      ours: async () => {
        await cotal("up", "--detach");
        return await cotal("down");
      },
      raw: async () => {
        const nodeMs = await runNode(nothing, env);
        const { child } = await bareBroker();
        return nodeMs + (await termMs([child, await startIdleNode(), await startIdleNode()]));
      },
    },
    {
      ...compared,
      title: "`--version`",
      rawTitle: "`node -e 0`",
      gate: 2.5,
      aim: "1.6",
      ours: () => median(turns, () => cotal("--version")),
      raw: () => median(turns, () => runNode(nothing, env)),
    },
  ];
}

async function median(turns: number, run: () => Promise<number>): Promise<number> {
  const tookMs: number[] = [];
  for (let turn = 0; turn < turns; turn++) tookMs.push(await run());
  return spreadOf(tookMs).median;
}
