import { onAbort } from "@cotal/session";
import type { ProcessHost } from "../host.ts";

/** Set for a process that is to do nothing before its starter says so. */
export const startLineVariable = "COTAL_START_LINE";

export const startWord = "go";

/**
 * Whether a process may begin. One that waits at its start line may when it is told to; not when whoever started it
 * has ended, or has no use for it.
 */
export async function mayBegin({
  env,
  stdin,
  interrupted,
}: Pick<ProcessHost, "env" | "stdin" | "interrupted">): Promise<boolean> {
  if (env[startLineVariable] === undefined) return true;
  const told = firstLine(stdin.stream).then((line) => line === startWord);
  return await new Promise((resolve, reject) => {
    onAbort(interrupted, () => resolve(false));
    told.then(resolve, reject);
  });
}

/** Empty when the stream has none. */
export async function firstLine(stream: AsyncIterable<unknown>): Promise<string> {
  let text = "";
  for await (const chunk of stream) {
    text += String(chunk);
    if (text.includes("\n")) break;
  }
  return text.split("\n")[0] ?? "";
}
