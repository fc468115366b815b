import { spawn } from "node:child_process";
import { once } from "node:events";
import { type FileHandle, open } from "node:fs/promises";
import { resolve } from "node:path";
import { processFacts } from "@cotal/broker";
import { systemClock } from "@cotal/session";
import { CotalError, type Token } from "@cotal/subjects";
import type { Host } from "../host.ts";
import type { Holder } from "./seat.ts";

/** A process that waits at its start line, so that it can be noted down before it does anything. */
export interface Launch {
  readonly holder: Holder;
  go(): void;
  /** Ends it. So does the end of this process. */
  abandon(): void;
}

/** In a session of its own: the terminal's Ctrl-C does not reach it, and it outlives its starter. */
export async function launchHolder(
  { self, env, folder }: Host,
  { name, log }: { readonly name: Token; readonly log: string },
): Promise<Launch> {
  await using output = await openLog(log);
  const [program, ...args] = self.command;
  const since = systemClock.now();
  const child = spawn(program, [...args, "hold", name, "--json", "--quiet"], {
    cwd: self.folder,
    env: environment(env, folder),
    detached: true,
    stdio: ["pipe", output.fd, output.fd],
  });
  const { stdin, pid = 0 } = child;
  // When the process ends first, its log tells why.
  stdin?.on("error", () => stdin.destroy());
  await once(child, "spawn");
  child.unref();
  const facts = processFacts(pid);
  if (facts.kind === "absent") {
    throw new CotalError("agent-ended", `the process of ${name} ended at once`, {
      hint: `look at ${log}`,
      data: { pid },
    });
  }
  return {
    holder: { pid, startTime: facts.startTime, since },
    go: () => stdin?.end(`${startWord}\n`),
    abandon: () => stdin?.end(),
  };
}

/** What a holder waits for; without it, it ends. */
export const startWord = "go";

function openLog(path: string): Promise<FileHandle> {
  return open(path, "a", 0o600);
}

/** What it takes to find the mesh, and nothing else of the caller's. */
function environment(env: Host["env"], folder: string): Record<string, string> {
  const { PATH, HOME, XDG_DATA_HOME, COTAL_HOME } = env;
  return Object.fromEntries(
    Object.entries({
      PATH,
      HOME,
      XDG_DATA_HOME,
      COTAL_HOME: COTAL_HOME === undefined ? undefined : resolve(folder, COTAL_HOME),
    }).filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== ""),
  );
}
