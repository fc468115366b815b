import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { CotalError } from "@cotal/subjects";
import type { BrokerFiles } from "./config.ts";
import { type ProcessIdentity, processFacts } from "./process-facts.ts";

/** How a process ended; nobody but its parent learns more than that it did. */
export type ExitCause =
  | { readonly kind: "exited"; readonly code: number }
  | { readonly kind: "signalled"; readonly signal: string }
  | { readonly kind: "unknown" };

/** A server that waits at its start line: its process is there, its program not yet loaded. */
export interface Launch {
  readonly identity: ProcessIdentity;
  go(): void;
  /** Ends it without ever loading the program. */
  abandon(): void;
  exit(): Promise<ExitCause>;
}

/**
 * So that the process can be noted down before it touches anything: a starter that dies at any
 * moment leaves either a broker that the record names, or a shell that ends with the pipe. What it writes is for this
 * user alone.
 */
const waitThenRun = 'umask 077; read -r go && exec "$0" -c "$1" </dev/null 2>"$2"';

/** In a session of its own: the terminal's Ctrl-C does not reach it, and it outlives its starter. */
export async function launch(binary: string, files: BrokerFiles): Promise<Launch> {
  const child = spawn("/bin/sh", ["-c", waitThenRun, binary, files.config, files.errors], {
    cwd: "/",
    env: {},
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  const { stdin } = child;
  // When the process ends first, its exit tells.
  stdin.on("error", () => stdin.destroy());
  const cause = exitOf(child);
  await once(child, "spawn");
  child.unref();
  return {
    identity: identify(child),
    go: () => stdin.end("go\n"),
    abandon: () => stdin.end(),
    exit: () => {
      child.ref();
      return cause;
    },
  };
}

function exitOf(child: ChildProcess): Promise<ExitCause> {
  return new Promise((resolve) => {
    child.once("exit", (code, signal) =>
      resolve(signal === null ? { kind: "exited", code: code ?? -1 } : { kind: "signalled", signal }),
    );
  });
}

function identify(child: ChildProcess): ProcessIdentity {
  const pid = child.pid ?? 0;
  const facts = processFacts(pid);
  if (facts.kind === "absent") {
    throw new CotalError("broker-died", "the process of the broker ended at once", { data: { pid } });
  }
  return { pid, startTime: facts.startTime };
}
