import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { isRunning, type ProcessIdentity, processFacts, signalProcess } from "@cotal/broker";
import { systemClock, withDeadline } from "@cotal/session";
import type { Variables } from "./environment.ts";
import { type Exit, signalName } from "./seat-state.ts";
import type { Surface } from "./work.ts";

/** A program that was started, and every process in its group. */
export interface Child {
  readonly identity: ProcessIdentity;
  /** Resolves when it has ended and what it said is read; nothing is left of its group then. */
  readonly exited: Promise<Exit>;
  write(text: string): void;
  /** Where it reads from a pipe, that ends. */
  endInput(): void;
  resize(size: Size): void;
  /** Asks the whole group to end; who has not in time is killed. */
  end(graceMs: number): Promise<void>;
}

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

export interface ChildOrder {
  readonly words: readonly [string, ...string[]];
  readonly cwd: string;
  readonly variables: Variables;
  readonly onOutput: (output: Output) => void;
}

export interface Output {
  readonly from: "terminal" | "stdout" | "stderr";
  readonly bytes: Uint8Array;
}

export function startChild(surface: Surface, order: ChildOrder & { readonly size: Size }): Promise<Child> {
  return surface === "terminal" ? startOnTerminal(order) : startOnPipes(order);
}

async function startOnTerminal(order: ChildOrder & { readonly size: Size }): Promise<Child> {
  const { words, cwd, variables, onOutput, size } = order;
  const { spawn: spawnTerminal } = await import("@lydell/node-pty");
  const [program, ...args] = words;
  const pty = spawnTerminal(program, args, {
    name: variables.TERM ?? "xterm-256color",
    cols: size.columns,
    rows: size.rows,
    cwd,
    env: { TERM: "xterm-256color", ...variables },
    encoding: null,
  });
  // Without an encoding it hands out bytes, whatever its types say.
  pty.onData((bytes) => onOutput({ from: "terminal", bytes: Buffer.from(bytes) }));
  const exit = new Promise<Exit>((resolve) =>
    pty.onExit(({ exitCode, signal }) => {
      const name = signalName(signal);
      resolve({ code: name === null ? exitCode : null, signal: name });
    }),
  );
  return childOf(identityOf(pty.pid), exit, {
    write: (text) => pty.write(text),
    endInput: () => undefined,
    resize: ({ columns, rows }) => pty.resize(columns, rows),
  });
}

/** Its standard input holds `input`, or stays open for what it is told later. */
export async function startOnPipes(order: ChildOrder & { readonly input?: string }): Promise<Child> {
  const { words, cwd, variables, onOutput, input } = order;
  const [program, ...args] = words;
  const child = spawn(program, args, { cwd, env: variables, detached: true, stdio: "pipe" });
  for (const from of ["stdout", "stderr"] as const) {
    child[from].on("data", (bytes: Uint8Array) => onOutput({ from, bytes }));
  }
  // It need not read what it is told.
  child.stdin.on("error", () => child.stdin.destroy());
  await once(child, "spawn");
  if (input !== undefined) child.stdin.end(input);
  return childOf(identityOf(child.pid ?? 0), exitOf(child), {
    write: (text) => child.stdin.write(text),
    endInput: () => child.stdin.end(),
    resize: () => undefined,
  });
}

/** Of what still holds the outputs once the program itself has ended. */
const drainMs = 1_000;

async function exitOf(child: ChildProcess): Promise<Exit> {
  const closed = once(child, "close");
  const [code, signal] = (await once(child, "exit")) as [number | null, string | null];
  killGroup(child.pid ?? 0, "SIGKILL");
  await withDeadline<unknown>(systemClock, closed, { timeoutMs: drainMs, onLate: () => undefined });
  return { code, signal };
}

function childOf(
  identity: ProcessIdentity,
  exit: Promise<Exit>,
  surface: Pick<Child, "write" | "endInput" | "resize">,
): Child {
  const exited = exit.finally(() => void killGroup(identity.pid, "SIGKILL"));
  return {
    ...surface,
    identity,
    exited,
    end: async (graceMs) => {
      signalAll(identity, "SIGTERM");
      const late = (): void => signalAll(identity, "SIGKILL");
      await withDeadline<unknown>(systemClock, exited, { timeoutMs: graceMs, onLate: late });
      await exited;
    },
  };
}

/** Ends what a holder has left behind that was killed. */
export function endLeftBehind(children: readonly ProcessIdentity[]): void {
  for (const child of children) if (isRunning(child)) signalAll(child, "SIGKILL");
}

/** The group of a process; or the process alone, when it is so young that it has no group of its own yet. */
function signalAll(identity: ProcessIdentity, signal: "SIGTERM" | "SIGKILL"): void {
  if (!killGroup(identity.pid, signal)) signalProcess(identity, signal);
}

/** Says whether there was one. */
function killGroup(pid: number, signal: "SIGTERM" | "SIGKILL"): boolean {
  if (pid < 1) return false;
  try {
    return process.kill(-pid, signal);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Nobody is left of it; or, on some systems, only what waits to be collected.
    if (code !== "ESRCH" && code !== "EPERM") throw error;
    return false;
  }
}

/** One that has ended already, and was collected, is nobody. */
function identityOf(pid: number): ProcessIdentity {
  const facts = processFacts(pid);
  return { pid, startTime: facts.kind === "absent" ? "" : facts.startTime };
}
