import { spawn } from "node:child_process";
import { join } from "node:path";
import { root } from "../repo/root.ts";
import type { Report } from "./check.ts";

export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd?: string;
}

/** Runs a program to its end; what it wrote on both streams is the output, in order. */
export function runCommand({ program, args, cwd = root }: Command): Promise<Report> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, stdio: ["ignore", "pipe", "pipe"] });
    const parts: string[] = [];
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (part: string) => parts.push(part));
    }
    child.once("error", reject);
    child.once("close", (code) => resolve({ ok: code === 0, output: parts.join("").trim() }));
  });
}

/** A tool that the workspace has installed at its root. */
export function runTool(name: string, args: readonly string[]): Promise<Report> {
  return runCommand({ program: join(root, "node_modules/.bin", name), args });
}

/** The pnpm that started us, or the one that contributors are told to use. */
export function runPnpm(args: readonly string[], cwd: string): Promise<Report> {
  const running = process.env.npm_execpath ?? "";
  if (/pnpm[^/\\]*$/.test(running))
    return runCommand({ program: process.execPath, args: [running, ...args], cwd });
  return runCommand({ program: "npx", args: ["--yes", "pnpm@10", ...args], cwd });
}
