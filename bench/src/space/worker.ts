import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** What another process can be asked to do; each call takes one argument at most. */
export type Calls<Name extends string = string> = {
  readonly [name in Name]: (argument: never) => Promise<unknown>;
};

/** A process that answers calls. It ends with this one. */
export interface Worker extends AsyncDisposable {
  readonly pid: number;
  ask<Result>(call: string, argument?: unknown): Promise<Result>;
}

interface Question {
  readonly n: number;
  readonly call: string;
  readonly argument: never;
}

type Answer =
  | { readonly n: number; readonly kind: "done"; readonly result: unknown }
  | { readonly n: number; readonly kind: "failed"; readonly error: string };

const loader = new URL("../as-shipped.mjs", import.meta.url).href;
const execArgv = ["--conditions", "cotal-source", "--import", loader];

/** `program` is a module that calls `serveCalls`. */
export function startWorker(program: URL): Worker {
  const child = fork(fileURLToPath(program), { execArgv, serialization: "advanced" });
  const waiting = new Map<number, (answer: Answer) => void>();
  let last = 0;
  child.on("message", (answer: Answer) => waiting.get(answer.n)?.(answer));
  const exited = once(child, "exit");
  void exited.then(() => {
    for (const [n, answer] of waiting) answer({ n, kind: "failed", error: "the process has ended" });
  });
  return {
    pid: child.pid ?? 0,
    ask: async <Result>(call: string, argument?: unknown) => {
      const n = ++last;
      const answer = await new Promise<Answer>((resolve, reject) => {
        waiting.set(n, resolve);
        child.send({ n, call, argument }, (error) => error && reject(error));
      });
      waiting.delete(n);
      if (answer.kind === "failed") throw new Error(answer.error);
      return answer.result as Result;
    },
    [Symbol.asyncDispose]: async () => {
      if (child.connected) child.disconnect();
      await exited;
    },
  };
}

/** The other side: answers until the process that started this one lets go of it. */
export function serveCalls(calls: Calls, close: () => Promise<void>): void {
  const answer = (given: Answer): void => void process.send?.(given);
  process.on("message", ({ n, call, argument }: Question) => {
    Promise.resolve(calls[call]?.(argument)).then(
      (result) => answer({ n, kind: "done", result }),
      (error: unknown) =>
        answer({ n, kind: "failed", error: error instanceof Error ? `${error.stack}` : String(error) }),
    );
  });
  // Nothing else keeps this process running.
  process.once("disconnect", () => void close());
}
