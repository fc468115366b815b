import { setTimeout as pause } from "node:timers/promises";
import { connectEndpoint } from "@cotal/endpoint";
import { queueConsumer } from "@cotal/registries";
import type { Scope } from "@cotal/session";
import { asToken } from "@cotal/subjects";
import { jetstream } from "@nats-io/jetstream";
import type { Comparison, Row } from "../row.ts";
import { type BenchPeer, type BenchSpace, channel, startBenchSpace } from "../space/bench-space.ts";
import { opened, use } from "../space/opened.ts";
import { connectRaw, jetStreamOptions } from "../space/raw-access.ts";
import { medianMs, type Undo } from "./timed-each.ts";

/** How long it takes until a peer is there, and until it hears a channel. */
export const readiness: Row = {
  id: "B8",
  title: "ready and joined",
  suite: "readiness",
  open: (size) =>
    opened(async (scope) => {
      const space = use(scope, await startBenchSpace("authenticated"));
      const count = size === "smoke" ? 2 : 40;
      return {
        comparisons: [await readying(space, count), await joining(space, { scope, count })],
        processes: [space.pid],
      };
    }),
};

const role = asToken("role", "review");
const subject = `raw.chat.*.${channel}`;

/** A peer that comes back while its last beat still stands is asked to wait; this is longer. */
const forgottenMs = 3_000;

/** A peer with a role and a channel, and a connection with two consumers and a subscription. */
async function readying({ space, raw, provision }: BenchSpace, count: number): Promise<Comparison> {
  const peers: BenchPeer[] = [];
  for (let at = 0; at < count; at++) peers.push(await provision(`worker-${at}`, role));
  let left = Number.NEGATIVE_INFINITY;
  const start = async ({ options }: BenchPeer): Promise<Undo> => {
    const endpoint = await connectEndpoint({ ...options, channels: [channel] });
    return () => endpoint.stop();
  };
  const startRaw = async ({ id }: BenchPeer): Promise<Undo> => {
    const queues = [queueConsumer.dm(space, id), queueConsumer.role(space, role)];
    const connection = await connectRaw(raw);
    const { consumers } = jetstream(connection, jetStreamOptions(raw));
    await Promise.all(queues.map(({ stream, config }) => consumers.get(stream, config.name)));
    connection.subscribe(subject, { callback: () => undefined });
    await connection.flush();
    return () => connection.close();
  };
  return {
    title: "endpoint ready",
    rawTitle: "connect, bind 2 consumers, subscribe",
    unit: "ms",
    better: "lower",
    gate: 3,
    aim: "1.5",
    ours: async () => {
      await pause(Math.max(0, left + forgottenMs - performance.now()));
      const tookMs = await medianMs(peers, start);
      left = performance.now();
      return tookMs;
    },
    raw: () => medianMs(peers, startRaw),
  };
}

async function joining(
  { raw, provision }: BenchSpace,
  { scope, count }: { readonly scope: Scope; readonly count: number },
): Promise<Comparison> {
  const endpoint = use(scope, await connectEndpoint((await provision("joiner")).options));
  const connection = await connectRaw(raw);
  scope.defer(() => connection.close());
  const turns = Array.from({ length: count });
  const join = async (): Promise<Undo> => {
    await endpoint.join(channel);
    return () => endpoint.leave(channel);
  };
  const joinRaw = async (): Promise<Undo> => {
    const subscription = connection.subscribe(subject, { callback: () => undefined });
    await connection.flush();
    return async () => subscription.unsubscribe();
  };
  return {
    title: "`join`, live",
    rawTitle: "subscribe and flush",
    unit: "ms",
    better: "lower",
    gate: 5,
    aim: "2",
    ours: () => medianMs(turns, join),
    raw: () => medianMs(turns, joinRaw),
  };
}
