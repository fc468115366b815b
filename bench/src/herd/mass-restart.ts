import { connectEndpoint } from "@cotal/endpoint";
import type { Scope } from "@cotal/session";
import type { Comparison, Row } from "../row.ts";
import { type BenchPeer, type BenchSpace, startBenchSpace } from "../space/bench-space.ts";
import { opened, use } from "../space/opened.ts";
import { type Herds, startHerds } from "./herds.ts";

/** All peers lose their power at once, are written to, and come back. */
export const massRestart: Row = {
  id: "B15",
  title: "mass restart",
  suite: "restart",
  rounds: 1,
  open: (size) =>
    opened(async (scope) => {
      const space = use(scope, await startBenchSpace("authenticated"));
      const count = size === "full" ? 1_000 : 10;
      return { comparisons: [await restarting(space, { scope, count })], processes: [space.pid] };
    }),
};

async function restarting(
  space: BenchSpace,
  { scope, count }: { readonly scope: Scope; readonly count: number },
): Promise<Comparison> {
  const names = Array.from({ length: count }, (_, at) => `peer-${at}`);
  const peers = await space.provisionAll(names);
  const members = peers.map(({ options }) => options);
  const writer = await space.provision("writer");
  let herds: Herds | undefined;
  scope.defer(async () => await herds?.[Symbol.asyncDispose]());
  const start = async (): Promise<Herds> => {
    herds = await startHerds(count);
    return herds;
  };
  return {
    title: `${count} peers: rosters complete, messages handled`,
    rawTitle: "as many bare clients connect",
    unit: "s",
    better: "lower",
    ours: async () => {
      const lost = await start();
      await lost.gather(members);
      await lost.kill();
      await writeToEach(writer, peers);
      const back = await start();
      const tookS = await seconds(async () => {
        const since = Date.now();
        await back.gather(members);
        await back.complete({ peers: count, since });
        requireEachOnce(await back.handled());
      });
      // What was handled is settled, before the next side ends them all.
      await back.part();
      await back[Symbol.asyncDispose]();
      herds = undefined;
      return tookS;
    },
    raw: async () => {
      await using clients = await startHerds(count);
      return await seconds(() => clients.gatherRaw(space.raw, count));
    },
  };
}

const atOnce = 100;

async function writeToEach({ options }: BenchPeer, peers: readonly BenchPeer[]): Promise<void> {
  await using writer = await connectEndpoint(options);
  for (let at = 0; at < peers.length; at += atOnce) {
    const some = peers.slice(at, at + atOnce);
    await Promise.all(some.map(({ id }) => writer.send({ to: id, text: "while you were away" })));
  }
}

/** Whoever was killed had nothing in hand, so nothing may come twice either. */
function requireEachOnce(handled: readonly number[]): void {
  const wrong = handled.filter((count) => count !== 1);
  if (wrong.length > 0) throw new Error(`${wrong.length} peers did not handle exactly one message`);
}

async function seconds(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1_000;
}
