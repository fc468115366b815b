import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** Processes that run one program of this folder, and end with the one that started them. */
export interface Programs extends AsyncDisposable {
  /** One waits, so that nobody has to wait for it. */
  launch(): ChildProcess;
}

const execArgv = ["--conditions", "cotal-source", "--import", "tsx"];

export function createPrograms(file: string): Programs {
  const program = fileURLToPath(new URL(file, import.meta.url));
  const all: ChildProcess[] = [];
  const launch = (): ChildProcess => {
    const child = fork(program, { execArgv, serialization: "advanced" });
    all.push(child);
    return child;
  };
  let spare = launch();
  return {
    launch: () => {
      const child = spare;
      spare = launch();
      return child;
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(all.map(killProgram));
    },
  };
}

export function isGone({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

/** SIGKILL; resolves when it is gone. */
export async function killProgram(child: ChildProcess): Promise<void> {
  if (isGone(child)) return;
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
}
