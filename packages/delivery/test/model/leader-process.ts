import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { startFaultProxy } from "@cotal/harness";
import { CotalError } from "@cotal/subjects";
import type { Leader, Orders, StartLeader } from "./leader.ts";
import type { LeaderCall, LeaderQuestion, LeaderWord } from "./leader-calls.ts";
import { createPrograms, isGone, killProgram } from "./programs.ts";
import { secretsOf } from "./secrets.ts";

/** Leaders in processes of their own: who is stopped at a point, or crashes, is killed. */
export interface LeaderProcesses extends AsyncDisposable {
  readonly start: StartLeader;
}

export function createLeaderProcesses(): LeaderProcesses {
  const programs = createPrograms("./leader-program.ts");
  return {
    start: async (world, { quota }) => {
      const child = programs.launch();
      const { fixture } = world;
      const minted = fixture.mint({ profile: "delivery", name: "delivery" });
      const proxy = await startFaultProxy({ targetPort: fixture.broker.port });
      const leader = leaderIn(child, {
        kind: "begin",
        url: `nats://127.0.0.1:${proxy.port}`,
        id: minted.id,
        creds: minted.creds.reveal(),
        apiRoot: minted.apiRoot.reveal(),
        ingest: secretsOf(world),
        quota,
        epoch: world.nextNumber() * 1_000,
      });
      return {
        ...leader,
        cut: () => proxy.cut(),
        stop: async () => {
          await leader.stop();
          await proxy[Symbol.asyncDispose]();
        },
      };
    },
    [Symbol.asyncDispose]: () => programs[Symbol.asyncDispose](),
  };
}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: CotalError): void;
}

function leaderIn(child: ChildProcess, beginning: LeaderCall): Omit<Leader, "cut"> {
  const complaints: string[] = [];
  const waiting = new Map<number, Waiting>();
  let isDoomed = false;
  let last = 0;

  const tell = (call: LeaderCall): void => {
    // Whoever is gone is told nothing; that it has gone is seen by its exit.
    if (child.connected) child.send(call, () => undefined);
  };
  const exited = once(child, "exit").then(([code, signal]) => {
    if (!isDoomed) complaints.push(`its process ended with ${code ?? signal}`);
    const error = new CotalError("connection-lost", "the process of the leader has ended");
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  });
  child.on("message", (word: LeaderWord) => {
    if (word.kind === "complaint") complaints.push(word.what);
    else {
      const asker = waiting.get(word.n);
      waiting.delete(word.n);
      if (word.kind === "answer") asker?.resolve(word.value);
      else asker?.reject(new CotalError(word.code as CotalError["code"], word.message));
    }
  });
  const ask = <T>(question: LeaderQuestion): Promise<T> =>
    new Promise((resolve, reject) => {
      if (isGone(child))
        return reject(new CotalError("connection-lost", "the process of the leader has ended"));
      const n = ++last;
      waiting.set(n, { resolve: resolve as Waiting["resolve"], reject });
      tell({ kind: "ask", n, ...question });
    });
  const kill = async (): Promise<void> => {
    isDoomed = true;
    await killProgram(child);
  };
  return {
    complaints,
    isAlone: true,
    begin: () => tell(beginning),
    shard: async (shard) => {
      await ask({ op: "ready", shard });
      return ordersOf((op, args) => ask({ op, shard, args }));
    },
    position: (shard) => ask({ op: "position", shard }),
    arm: ({ point }) => {
      isDoomed = true;
      tell({ kind: "arm", point });
      return {
        reached: exited,
        release: () => {
          tell({ kind: "disarm" });
        },
      };
    },
    kill,
    silence: kill,
    redial: () => tell({ kind: "redial" }),
    excuse: () => tell({ kind: "excuse" }),
    stop: kill,
  };
}

function ordersOf(ask: <T>(op: keyof Orders, args: readonly unknown[]) => Promise<T>): Orders {
  return {
    memberships: (...args) => ask("memberships", args),
    join: (...args) => ask("join", args),
    leave: (...args) => ask("leave", args),
    attach: (...args) => ask("attach", args),
    narrow: (...args) => ask("narrow", args),
    settle: (...args) => ask("settle", args),
    retire: (...args) => ask("retire", args),
  };
}
