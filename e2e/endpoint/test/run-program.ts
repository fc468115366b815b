import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { EndpointOptions } from "@cotal/endpoint";

export interface Order {
  readonly options: EndpointOptions;
  /** Its handler never comes to its end. */
  readonly hang: boolean;
}

/** What a program says on its output. */
export type Told =
  | { readonly kind: "live"; readonly id: string }
  | { readonly kind: "message"; readonly id: string; readonly redelivered: boolean };

/** A peer in a process of its own. */
export interface Program extends AsyncDisposable {
  /** What it has said until now. */
  readonly told: readonly Told[];
  /** SIGKILL; resolves once it is gone. */
  kill(): Promise<void>;
}

export function runProgram(order: Order): Program {
  const folder = import.meta.dirname;
  const args = ["--conditions", "cotal-source", "--import", "tsx", join(folder, "program.ts")];
  const child = spawn(process.execPath, args, { cwd: folder, stdio: ["pipe", "pipe", "inherit"] });
  const ended = once(child, "close");
  const told: Told[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => told.push(JSON.parse(line)));
  child.stdin.on("error", () => child.stdin.destroy());
  child.stdin.write(`${JSON.stringify(order)}\n`);
  const kill = async (): Promise<void> => {
    child.kill("SIGKILL");
    await ended;
  };
  return { told, kill, [Symbol.asyncDispose]: kill };
}
