import { resolve } from "node:path";
import { type ChannelPattern, CotalError, patternCovers, type Token } from "@cotal/subjects";
import type { Host } from "../host.ts";
import { defaultRights } from "../mesh/peers.ts";
import type { OptionValues } from "../option-table.ts";
import { environmentFor } from "./environment.ts";
import { findProgram, requireFolder } from "./find-program.ts";
import type { SpawnOrder } from "./take-seat.ts";
import type { CommandWork, ExecWork, Work } from "./work.ts";

type ExecName = "exec" | "execOutput" | "execTimeout" | "concurrency" | "all";
export type OrderName =
  | ExecName
  | "preset"
  | "role"
  | "allowSubscribe"
  | "allowPublish"
  | "subscribe"
  | "pipes"
  | "restart"
  | "cwd"
  | "env";

export interface Asked {
  readonly name: Token;
  readonly options: OptionValues<OrderName>;
  /** A program and its arguments. */
  readonly program: readonly string[];
}

/** What is to be spawned, by what stood on the command line. What cannot be run is refused before anything is made. */
export async function orderFor(asked: Asked, host: Pick<Host, "env" | "folder">): Promise<SpawnOrder> {
  const { name, options } = asked;
  const { role, restart = "never", env = [], subscribe } = options;
  const { allowSubscribe = defaultRights.allowSubscribe, allowPublish = defaultRights.allowPublish } =
    options;
  if (subscribe !== undefined) requireReadable(name, subscribe, allowSubscribe);
  const work = workIn(asked);
  const cwd = resolve(host.folder, options.cwd ?? "");
  await requireFolder(cwd);
  const environment = environmentFor(env, host);
  if (work.kind === "command") {
    await findProgram(work.words[0], { cwd, path: { ...environment.inherited, ...environment.given }.PATH });
  }
  return {
    name,
    work,
    cwd,
    restart,
    environment,
    ...(role !== undefined && { role }),
    ...(subscribe !== undefined && { subscribe }),
    allowSubscribe,
    allowPublish,
  };
}

const execDefaults: Omit<ExecWork, "line"> = {
  kind: "exec",
  output: "text",
  concurrency: 1,
  timeoutMs: 10 * 60_000,
  all: false,
};

function workIn({ name, options, program }: Asked): Work {
  const { preset, exec, execOutput, execTimeout, concurrency, all, pipes } = options;
  const [first, ...rest] = program;
  const kinds = [first, exec, preset === "exec" ? undefined : preset].filter((kind) => kind !== undefined);
  if (kinds.length > 1) throw contradiction(name);
  if (first !== undefined) {
    const surface: CommandWork["surface"] = pipes === true ? "pipes" : "terminal";
    return { kind: "command", words: [first, ...rest], surface };
  }
  if (exec !== undefined) {
    return {
      ...execDefaults,
      line: exec,
      output: execOutput ?? execDefaults.output,
      concurrency: concurrency ?? execDefaults.concurrency,
      timeoutMs: execTimeout ?? execDefaults.timeoutMs,
      all: all ?? execDefaults.all,
    };
  }
  if (preset === "echo") return { kind: "echo" };
  throw withoutWork(name);
}

function requireReadable(
  name: string,
  wanted: readonly ChannelPattern[],
  rights: readonly ChannelPattern[],
): void {
  const beyond = wanted.find((channel) => !rights.some((right) => patternCovers(right, channel)));
  if (beyond === undefined) return;
  throw new CotalError("not-allowed", `${name} is to join ${beyond}, and may not read it`, {
    hint: `give it the right too: --allow-subscribe "${[...rights, beyond].join(",")}"`,
    data: { name, wanted: beyond, allowSubscribe: rights },
  });
}

function contradiction(name: string): CotalError {
  return new CotalError("usage", `it is said in several ways what ${name} is to do`, {
    hint: "use one of --preset echo, --exec <line> and -- <program>",
  });
}

function withoutWork(name: string): CotalError {
  return new CotalError("usage", `it is not said what ${name} is to do`, {
    hint: `cotal spawn ${name} --preset echo, or --exec <line>, or -- <program>`,
  });
}
