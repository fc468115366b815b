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
export type Said = "ready" | `stopped ${string}` | Wish;

/** `speak`: send; `quiet`: send nothing more; `roster`: note whom it sees; `reconnect`: with the credential as it is. */
export type Wish = "speak" | "quiet" | "roster" | "reconnect" | `${"join" | "leave"} ${string}`;

/** An actor in a process, and in another when that is killed. */
export interface Peer extends AsyncDisposable {
  readonly actor: Actor;
  /** Resolves when it is connected, and has joined. */
  start(): Promise<void>;
  kill(): Promise<void>;
  /** Does nothing where no process is. */
  signal(signal: "SIGSTOP" | "SIGCONT"): void;
  /** Has it do something, and waits until it is done. Rejects when its process ends before. */
  ask(what: Wish): Promise<void>;
  /** From now on it may end by itself; resolves when it has, with the code of why. */
  stopped(): Promise<string>;
  /** Asks it to end, and waits until it has. */
  end(): Promise<void>;
}

export interface PeerDeps {
  /** Another for each life. */
  readonly order: (isFirst: boolean) => PeerOrder;
  /** Its process has ended and nobody had it end: how, and what it said last. */
  readonly onCrash: (text: string) => void;
}

const program = fileURLToPath(new URL("peer-program.ts", import.meta.url));
const runner = ["--conditions", "cotal-source", "--import", import.meta.resolve("tsx"), program];

export function createPeer(actor: Actor, { order, onCrash }: PeerDeps): Peer {
  let life: Life | undefined;
  let isFirst = true;
  const ended = async (end: (life: Life) => void): Promise<void> => {
    const now = life;
    if (now === undefined) return;
    now.mayEnd = true;
    end(now);
    await now.over;
  };
  const kill = (): Promise<void> => ended(({ child }) => void child.kill("SIGKILL"));
  return {
    actor,
    start: async () => {
      const begun = begin(order(isFirst));
      isFirst = false;
      life = begun;
      void begun.over.then(({ text }) => {
        if (life === begun) life = undefined;
        if (!begun.mayEnd) onCrash(`${actor.name} ${text}`);
      });
      await begun.said("ready");
    },
    kill,
    signal: (signal) => void life?.child.kill(signal),
    ask: async (what) => {
      if (life === undefined) throw new Error(`there is no process of ${actor.name} to ask`);
      const answer = life.said(what);
      life.child.stdin?.write(`${what}\n`);
      await answer;
    },
    stopped: async () => {
      if (life === undefined) return "";
      life.mayEnd = true;
      return (await life.over).code;
    },
    end: () => ended(({ child }) => void child.stdin?.write("end\n")),
    [Symbol.asyncDispose]: kill,
  };
}

interface Life {
  readonly child: ChildProcess;
  /** Somebody had it end. */
  mayEnd: boolean;
  /** Resolves when it says so next; rejects when it ends before. */
  readonly said: (what: Said) => Promise<void>;
  readonly over: Promise<Ending>;
}

interface Ending {
  /** Why its endpoint has stopped by itself; empty when it did not. */
  readonly code: string;
  readonly text: string;
}

const shownLines = 15;

function begin(order: PeerOrder): Life {
  const child = spawn(process.execPath, runner, { stdio: ["pipe", "pipe", "pipe"] });
  const heard = new EventTarget();
  const last: string[] = [];
  child.stdin.on("error", () => child.stdin.destroy());
  let code = "";
  createInterface({ input: child.stdout }).on("line", (line) => {
    const what: Said = JSON.parse(line);
    if (what.startsWith("stopped ")) code = what.slice("stopped ".length);
    heard.dispatchEvent(new Event(what));
  });
  createInterface({ input: child.stderr }).on("line", (line) => {
    last.push(line);
    if (last.length > shownLines) last.shift();
  });
  const over = once(child, "close").then(([exit, signal]) => {
    const how = code === "" ? `ended with ${signal ?? `exit ${exit}`}` : `has stopped: ${code}`;
    return { code, text: [how, ...last].join("\n") };
  });
  child.stdin.write(`${JSON.stringify(order)}\n`);
  const said = (what: Said): Promise<void> => {
    const answer = new Promise<void>((resolve) =>
      heard.addEventListener(what, () => resolve(), { once: true }),
    );
    const gone = over.then(({ text }) => Promise.reject(new Error(`${order.name} ${text}`)));
    return Promise.race([answer, gone]);
  };
  return { child, mayEnd: false, said, over };
}
