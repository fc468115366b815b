import { spawn } from "node:child_process";
import { once } from "node:events";
import { type FileHandle, open } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { type ProcessIdentity, processFacts } from "@cotal/broker";
import { systemClock } from "@cotal/session";
import { makePrivateFolder } from "../home/private-file.ts";
import type { Host } from "../host.ts";
import { startLineVariable, startWord } from "./start-line.ts";

/** A process that was started by a command and outlives it. */
export interface LaunchedProcess extends ProcessIdentity {
  /** When it was started, in ms since 1970. */
  readonly since: number;
}

export interface Launch {
  /** `undefined` when it has ended at once; its log tells why. */
  readonly process: LaunchedProcess | undefined;
  /** Ends its input, after this text. */
  tell(text: string): void;
  /** Aborted when it has ended. */
  readonly ended: AbortSignal;
}

/** A process that does nothing before it is told to begin, and ends when this one does before. */
export interface WaitingProcess extends Omit<Launch, "tell"> {
  begin(): void;
  /** Ends it, unless it was told to begin. */
  abandon(): void;
}

export interface LaunchOrder {
  /** Of the command line. */
  readonly words: readonly string[];
  /** Where its outputs go. */
  readonly log: string;
  /** The folder of the mesh that it belongs to. */
  readonly mesh: string;
  /** What it finds in its environment beside what everyone does. */
  readonly more?: Readonly<Record<string, string>>;
}

/** Its code is loaded while it waits. */
export async function launchWaiting(
  host: Pick<Host, "self" | "env" | "folder">,
  order: Omit<LaunchOrder, "more">,
): Promise<WaitingProcess> {
  const { tell, ...launched } = await launch(host, { ...order, more: { [startLineVariable]: "1" } });
  let isTold = false;
  const once = (text: string): void => {
    if (!isTold) tell(text);
    isTold = true;
  };
  return { ...launched, begin: () => once(`${startWord}\n`), abandon: () => once("") };
}

/** Starts this program once more in a session of its own: the terminal's Ctrl-C does not reach it. */
export async function launch(
  { self, env, folder }: Pick<Host, "self" | "env" | "folder">,
  { words, log, mesh, more }: LaunchOrder,
): Promise<Launch> {
  await makePrivateFolder(dirname(log));
  await using output = await openLog(log);
  const [program, ...args] = self.command;
  const since = systemClock.now();
  const child = spawn(program, [...args, ...words], {
    cwd: self.folder,
    env: { ...environment(env, { folder, mesh }), ...more },
    detached: true,
    stdio: ["pipe", output.fd, output.fd],
  });
  const { stdin, pid = 0 } = child;
  const over = new AbortController();
  child.once("exit", () => over.abort());
  // When the process ends first, its log tells why.
  stdin?.on("error", () => stdin.destroy());
  await once(child, "spawn");
  child.unref();
  const facts = processFacts(pid);
  return {
    process: facts.kind === "absent" ? undefined : { pid, startTime: facts.startTime, since },
    tell: (text) => stdin?.end(text),
    ended: over.signal,
  };
}

function openLog(path: string): Promise<FileHandle> {
  return open(path, "a", 0o600);
}

/** What it takes to find the mesh and the sockets of its agents, and nothing else of the caller's. */
function environment(
  env: Host["env"],
  { folder, mesh }: { readonly folder: string; readonly mesh: string },
): Record<string, string> {
  const { PATH, HOME, XDG_DATA_HOME, XDG_RUNTIME_DIR, XDG_STATE_HOME, COTAL_HOME } = env;
  return Object.fromEntries(
    Object.entries({
      PATH,
      HOME,
      XDG_DATA_HOME,
      XDG_RUNTIME_DIR,
      XDG_STATE_HOME,
      COTAL_MESH: mesh,
      COTAL_HOME: COTAL_HOME === undefined ? undefined : resolve(folder, COTAL_HOME),
    }).filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== ""),
  );
}
