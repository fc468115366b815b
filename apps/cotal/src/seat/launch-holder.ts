import { CotalError, type Token } from "@cotal/subjects";
import type { Host } from "../host.ts";
import { launch } from "../process/launch.ts";
import { thisRelease } from "../release.ts";
import type { Holder } from "./seat.ts";

/** A process that waits at its start line, so that it can be noted down before it does anything. */
export interface Launch {
  readonly holder: Holder;
  /** `restarts`: how often it was started again by itself before. */
  go(restarts: number): void;
  /** Ends it. So does the end of this process. */
  abandon(): void;
}

export interface HolderOrder {
  readonly name: Token;
  readonly log: string;
  /** The folder of its mesh. */
  readonly mesh: string;
  readonly socket: string;
}

export async function launchHolder(
  host: Pick<Host, "self" | "env" | "folder">,
  { name, log, mesh, socket }: HolderOrder,
): Promise<Launch> {
  const words = ["hold", name, "--json", "--quiet"];
  const { process, tell } = await launch(host, { words, log, mesh });
  if (process === undefined) {
    throw new CotalError("agent-ended", `the process of ${name} ended at once`, { hint: `look at ${log}` });
  }
  return {
    holder: { ...process, socket, ...thisRelease() },
    go: (restarts) => tell(`${startWord} ${restarts}\n`),
    abandon: () => tell(""),
  };
}

const startWord = "go";

/** What a holder waits for; without it, it ends. Gives the number of restarts that it was told. */
export function readStart(line: string): number | undefined {
  const [, restarts] = new RegExp(`^${startWord} (\\d{1,9})$`).exec(line) ?? [];
  return restarts === undefined ? undefined : Number(restarts);
}
