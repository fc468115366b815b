import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable, Writable } from "node:stream";
import { CotalError } from "@cotal/subjects";
import type { Host } from "../src/host.ts";
import type { Output } from "../src/report/output.ts";

/** An output that keeps what is written to it. */
interface KeptOutput extends Output {
  text(): string;
}

function keptOutput(isTerminal = false): KeptOutput {
  let kept = "";
  const write = (text: string): void => {
    kept += text;
  };
  const stream = new Writable({
    write: (chunk, _, done) => {
      write(String(chunk));
      done();
    },
  });
  return { isTerminal, stream, write, text: () => kept };
}

interface TestHost extends Host {
  readonly stdout: KeptOutput;
  readonly stderr: KeptOutput;
}

export function testHost(env: Host["env"] = {}, isTerminal = false): TestHost {
  return {
    env,
    folder: "/somewhere",
    stdout: keptOutput(isTerminal),
    stderr: keptOutput(isTerminal),
    interrupted: new AbortController().signal,
    forced: new AbortController().signal,
    stdin: { isTerminal, stream: Readable.from([]) },
    self: { command: [process.execPath], folder: "/" },
    meant: () => Promise.reject(new Error("no mesh is meant")),
    decide: () => undefined,
  };
}

export async function withFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "cotal-cli-"));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What the work fails with. */
export async function failureOf(work: () => unknown): Promise<CotalError> {
  try {
    await work();
  } catch (error) {
    if (error instanceof CotalError) return error;
    throw error;
  }
  throw new Error("it did not fail");
}
