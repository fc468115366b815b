import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

/** What the command prints. */
export interface Document {
  readonly ok: boolean;
  readonly exitCode: number;
  // biome-ignore lint/suspicious/noExplicitAny: each command has a form of its own
  readonly result?: any;
  readonly error?: { readonly code: string; readonly message: string };
}

/** The command, in a place of its own. */
export interface Command {
  run(...words: readonly string[]): Promise<Document>;
  /** The result; rejects with the error of the document. */
  done(...words: readonly string[]): Promise<Document["result"]>;
  /** Goes on by itself. */
  start(...words: readonly string[]): ChildProcess;
}

export interface CommandPlace {
  /** The command as it is published. */
  readonly program: string;
  /** Where it is called. */
  readonly folder: string;
  /** Where all lies that it writes. */
  readonly home: string;
}

export function commandIn({ program, folder, home }: CommandPlace): Command {
  const env = { PATH: process.env.PATH ?? "", HOME: folder, COTAL_HOME: home };
  const run: Command["run"] = async (...words) => {
    const child = spawn(process.execPath, [program, ...words, "--json", "--quiet"], {
      cwd: folder,
      env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const said = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const) {
      child[name].setEncoding("utf8").on("data", (part: string) => {
        said[name] += part;
      });
    }
    const [code, killedBy] = await once(child, "close");
    try {
      return JSON.parse(said.stdout);
    } catch (cause) {
      const how = `cotal ${words.join(" ")} (${killedBy ?? `exit ${code}`}) printed no document`;
      throw new Error(`${how}: ${JSON.stringify(said)}`, { cause });
    }
  };
  return {
    run,
    done: async (...words) => resultOf(words, await run(...words)),
    start: (...words) => {
      const options = { cwd: folder, env, stdio: "ignore", detached: true } as const;
      const child = spawn(process.execPath, [program, ...words], options);
      child.unref();
      return child;
    },
  };
}

export function resultOf(words: readonly string[], { ok, error, result }: Document): Document["result"] {
  if (ok) return result;
  throw new Error(`cotal ${words.join(" ")}: ${error?.code}: ${error?.message}`);
}
