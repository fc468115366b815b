import { hostname } from "node:os";
import type { ProcessIdentity } from "@cotal/broker";

/** A holder says by its name which process it is, so that on the same host its death is seen at once. */
export function holderName({ pid, startTime }: ProcessIdentity): string {
  return `${hostname()} ${pid} ${startTime}`;
}

/** Whether a process of this host holds it, or has. */
export function isOfThisHost({ holder }: { readonly holder: string }): boolean {
  return processIn(holder) !== undefined;
}

/** The process that a holder of this host is. */
export function processIn(holder: string): ProcessIdentity | undefined {
  const [host, pid, startTime] = holder.split(" ");
  if (host !== hostname() || pid === undefined || startTime === undefined) return undefined;
  return { pid: Number(pid), startTime };
}
