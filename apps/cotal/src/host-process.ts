import { isatty } from "node:tty";
import { CotalError } from "@cotal/subjects";
import { fromSource } from "./from-source.ts";
import type { Input, ProcessHost, Self } from "./host.ts";
import type { Output } from "./report/output.ts";

const signals = ["SIGINT", "SIGHUP", "SIGTERM"] as const;

/**
 * Gives a program what it needs of this process. The first signal asks it to stop, the second to do so by
 * force; from the third on nobody is asked. The answer is the exit code, given when all output is written.
 */
export async function hostProcess(
  run: (host: ProcessHost) => Promise<number>,
  exit: (code: number) => never,
): Promise<number> {
  const stages = [new AbortController(), new AbortController()] as const;
  let received = 0;
  let receivedAt = Number.NEGATIVE_INFINITY;
  const onSignal = (name: string): void => {
    const at = performance.now();
    if (at - receivedAt < echoMs) return;
    receivedAt = at;
    const stage = stages[received];
    received += 1;
    if (stage === undefined) exit(interruptedExit);
    else stage.abort(new CotalError("interrupted", `interrupted by ${name}`));
  };
  for (const name of signals) process.on(name, onSignal);
  const [stdout, stderr] = [outputOf(process.stdout), outputOf(process.stderr)];
  const code = await run({
    env: process.env,
    folder: callersFolder(),
    stdout,
    stderr,
    stdin: standardInput(),
    self: thisProgram(),
    interrupted: stages[0].signal,
    forced: stages[1].signal,
  });
  await Promise.all([stdout.flushed(), stderr.flushed()]);
  return code;
}

const interruptedExit = 130;
/** One Ctrl-C can come twice: from the terminal, and handed on by the program that started this one. */
const echoMs = 250;

/** A script that pnpm starts from the sources runs in the root of the repository, wherever it was called. */
function callersFolder(): string {
  return (fromSource ? process.env.INIT_CWD : undefined) ?? process.cwd();
}

/** Looking at the stream opens it. */
function standardInput(): Input {
  return {
    isTerminal: isatty(0),
    get stream() {
      return process.stdin;
    },
  };
}

/** Run from the sources its start names a loader, which is found from where that was written. */
function thisProgram(): Self {
  const { execPath, execArgv, argv } = process;
  return { command: [execPath, ...execArgv, argv[1] ?? ""], folder: fromSource ? process.cwd() : "/" };
}

interface FlushedOutput extends Output {
  flushed(): Promise<void>;
}

function outputOf(stream: NodeJS.WriteStream): FlushedOutput {
  let gone = false;
  // A reader that has gone, such as `head`, is no failure of the command.
  stream.on("error", () => {
    gone = true;
  });
  return {
    isTerminal: stream.isTTY === true,
    stream,
    write: (text) => {
      if (!gone) stream.write(text);
    },
    flushed: () => new Promise((resolve) => (gone ? resolve() : stream.write("", () => resolve()))),
  };
}
