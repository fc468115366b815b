import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { EndpointOptions } from "@cotal/endpoint";
import type { Actor } from "./cast.ts";
import type { Lane } from "./journal.ts";

/** The first line that a peer reads. */
export interface PeerOrder {
  readonly name: string;
  readonly options: EndpointOptions;
  /** To be joined; who comes back has them among its options. */
  readonly joins: readonly string[];
  readonly lanes: readonly [Lane, ...Lane[]];
  readonly journal: string;
  readonly seed: number;
  /** About how long it rests between two messages. */
  readonly everyMs: number;
}

/** What a peer says of itself. */
export type Said = "ready" | Wish;

/** `speak`: send; `quiet`: send nothing more; `roster`: note whom it sees. */
export type Wish = "speak" | "quiet" | "roster";

/** An actor in a process, and in another when that is killed. */
export interface Peer extends AsyncDisposable {
  readonly actor: Actor;
  readonly pid: number;
  /** Resolves when it is connected, and has joined. */
  start(): Promise<void>;
  kill(): Promise<void>;
  /** Has it do something, and waits until it is done. */
  ask(what: Wish): Promise<void>;
  /** Asks it to end, and waits until it has. */
  end(): Promise<void>;
}

export interface PeerDeps {
  /** Another for each life. */
  readonly order: (isFirst: boolean) => PeerOrder;
}

const program = fileURLToPath(new URL("peer-program.ts", import.meta.url));
const runner = ["--conditions", "cotal-source", "--import", import.meta.resolve("tsx"), program];

export function createPeer(actor: Actor, { order }: PeerDeps): Peer {
  let child: ChildProcess | undefined;
  let isFirst = true;
  let waiting = new Map<Said, () => void>();

  const gone = async (): Promise<void> => {
    const ended = child;
    child = undefined;
    if (ended && ended.exitCode === null && ended.signalCode === null) await once(ended, "exit");
  };
  const said = (what: Said): Promise<void> => new Promise((resolve) => waiting.set(what, resolve));
  const kill = async (): Promise<void> => {
    child?.kill("SIGKILL");
    await gone();
  };

  return {
    actor,
    get pid() {
      return child?.pid ?? 0;
    },
    start: async () => {
      const started = spawn(process.execPath, runner, { stdio: ["pipe", "pipe", "inherit"] });
      child = started;
      waiting = new Map();
      const answers = waiting;
      started.stdin.on("error", () => started.stdin.destroy());
      createInterface({ input: started.stdout }).on("line", (line) => answers.get(JSON.parse(line))?.());
      const ready = said("ready");
      started.stdin.write(`${JSON.stringify(order(isFirst))}\n`);
      isFirst = false;
      await ready;
    },
    kill,
    ask: async (what) => {
      const answer = said(what);
      child?.stdin?.write(`${what}\n`);
      await answer;
    },
    end: async () => {
      child?.stdin?.write("end\n");
      await gone();
    },
    [Symbol.asyncDispose]: kill,
  };
}
