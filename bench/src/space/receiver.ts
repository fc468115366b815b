import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Answer, ReceiverCalls } from "./receiver-calls.ts";

/** A process that holds the receivers of both sides. It ends with this one. */
export interface Receiver extends ReceiverCalls, AsyncDisposable {
  readonly pid: number;
}

const program = fileURLToPath(new URL("receiver-bin.ts", import.meta.url));
const loader = new URL("../as-shipped.mjs", import.meta.url).href;
const execArgv = ["--conditions", "cotal-source", "--import", loader];

export function startReceiver(): Receiver {
  const child = fork(program, { execArgv, serialization: "advanced" });
  const waiting = new Map<number, (answer: Answer) => void>();
  let last = 0;
  child.on("message", (answer: Answer) => waiting.get(answer.n)?.(answer));
  const exited = once(child, "exit");
  void exited.then(() => {
    for (const [n, answer] of waiting)
      answer({ n, kind: "failed", error: "the receivers' process has ended" });
  });
  const ask = async <Result>(call: keyof ReceiverCalls, argument: unknown): Promise<Result> => {
    const n = ++last;
    const answer = await new Promise<Answer>((resolve, reject) => {
      waiting.set(n, resolve);
      child.send({ n, call, argument }, (error) => error && reject(error));
    });
    waiting.delete(n);
    if (answer.kind === "failed") throw new Error(answer.error);
    return answer.result as Result;
  };
  return {
    pid: child.pid ?? 0,
    open: (order) => ask("open", order),
    expect: (order) => ask("expect", order),
    arrived: (side) => ask("arrived", side),
    [Symbol.asyncDispose]: async () => {
      if (child.connected) child.disconnect();
      await exited;
    },
  };
}
