import type { EndpointOptions } from "@cotal/endpoint";
import type { RawAccess } from "../space/raw-access.ts";
import { startWorker, type Worker } from "../space/worker.ts";

/** Many peers, or bare clients, spread over several processes. */
export interface Herds extends AsyncDisposable {
  readonly pids: readonly number[];
  gather(members: readonly EndpointOptions[]): Promise<void>;
  complete(order: { readonly peers: number; readonly since: number }): Promise<void>;
  handled(): Promise<readonly number[]>;
  gatherRaw(access: RawAccess, count: number): Promise<void>;
  part(): Promise<void>;
  /** Ends the processes as a machine ends that loses its power. */
  kill(): Promise<void>;
}

/** What one process holds at most: its turns stay short enough that no peer misses its time. */
const perProcess = 250;

export async function startHerds(most: number): Promise<Herds> {
  const workers = Array.from({ length: Math.ceil(most / perProcess) }, () =>
    startWorker(new URL("herd-bin.ts", import.meta.url)),
  );
  const ofAll = <Result>(call: string, argument?: (at: number) => unknown): Promise<Result[]> =>
    Promise.all(workers.map((worker, at) => worker.ask<Result>(call, argument?.(at))));
  const end = async (): Promise<void> => {
    await Promise.all(workers.map((worker) => worker[Symbol.asyncDispose]()));
  };
  // Their start takes longer than much of what is measured.
  await ofAll("part");
  return {
    pids: workers.map(({ pid }) => pid),
    gather: async (members) => {
      await ofAll("gather", (at) => members.filter((_, member) => member % workers.length === at));
    },
    complete: async (order) => {
      await ofAll("complete", () => order);
    },
    handled: async () => (await ofAll<readonly number[]>("handled")).flat(),
    gatherRaw: async (access, count) => {
      await ofAll("gatherRaw", (at) => ({ access, count: shareOf(workers, { count, at }) }));
    },
    part: async () => {
      await ofAll("part");
    },
    kill: async () => {
      for (const { pid } of workers) process.kill(pid, "SIGKILL");
      await end();
    },
    [Symbol.asyncDispose]: end,
  };
}

function shareOf(workers: readonly Worker[], { count, at }: { count: number; at: number }): number {
  return Math.floor(count / workers.length) + (at < count % workers.length ? 1 : 0);
}
