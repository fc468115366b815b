import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A temp folder that disappears with its broker when this process ends, however it ends. */
export interface GuardedFolder extends AsyncDisposable {
  readonly path: string;
  readonly guardPid: number;
}

/**
 * The guard waits on a pipe that only this process holds. At its end it kills the brokers recorded
 * anywhere in the folder and removes it. A pid counts only while its command line names the folder.
 */
const guardScript = `
trap '' HUP INT TERM
while read -r _; do :; done
names() { tr '\\0' ' ' <"/proc/$1/cmdline" 2>/dev/null || ps -o args= -p "$1" 2>/dev/null; }
find "$0" -name 'broker.*.json' | while read -r record; do
  pid=$(sed -n 's/.*"pid":\\([0-9][0-9]*\\).*/\\1/p' "$record" 2>/dev/null)
  [ -n "$pid" ] || continue
  rounds=0
  while names "$pid" | grep -qF -- "$0" && [ $rounds -lt 200 ]; do
    kill -KILL "$pid" 2>/dev/null
    rounds=$((rounds + 1))
    sleep 0.05
  done
done
rm -rf -- "$0"
`;

/** `base` is the folder to make it in; the system's temp folder unless set. */
export async function guardedFolder(base: string = tmpdir()): Promise<GuardedFolder> {
  endWithVitest();
  const path = await mkdtemp(join(base, "cotal-test-"));
  const guard = spawn("/bin/sh", ["-c", guardScript, path], {
    cwd: "/",
    env: {},
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  guard.stdin.on("error", () => guard.stdin.destroy());
  await once(guard, "spawn");
  // Neither the process nor its pipe keeps this process running.
  guard.unref();
  (guard.stdin as typeof guard.stdin & { unref(): void }).unref();
  return { path, guardPid: guard.pid ?? 0, [Symbol.asyncDispose]: () => release(guard) };
}

async function release(guard: ChildProcess): Promise<void> {
  if (guard.exitCode !== null || guard.signalCode !== null) return;
  guard.ref();
  const ended = once(guard, "close");
  guard.stdin?.end();
  await ended;
}

let watching = false;

/** A worker whose vitest was killed may go on for as long as its test does. */
function endWithVitest(): void {
  if (watching || process.channel === undefined) return;
  watching = true;
  process.once("disconnect", () => process.kill(process.pid, "SIGKILL"));
}
