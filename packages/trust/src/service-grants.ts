import {
  consumerName,
  formatPattern,
  streamApi,
  streamName,
  systemSubject,
  type Token,
} from "@cotal/subjects";
import { anyChannel, type Grant, ownConsumer, shards } from "./grant.ts";

/** Making and removing the queues of peers. */
export const provisionQueues: Grant = ({ space }) => ({
  pub: [
    {
      stream: streamName.dm(space),
      filter: formatPattern({ kind: "inst", space, target: "*", sender: "*" }),
    },
    { stream: streamName.task(space), filter: formatPattern({ kind: "svc", space, role: "*", sender: "*" }) },
  ].flatMap(({ stream, filter }) => [
    streamApi.createConsumer({ stream, consumer: "*" }, filter),
    streamApi.consumer("DELETE", { stream, consumer: "*" }),
  ]),
});

/** Reading all posts, as the delivery engine does. */
export const routePosts: Grant = ({ space, id }) => {
  const stream = streamName.chat(space);
  const posts = formatPattern({ kind: "chat", space, sender: "*", channel: anyChannel });
  return {
    pub: [
      streamApi.stream("INFO", stream),
      streamApi.stream("MSG.GET", stream),
      ...ownConsumer({ stream, consumer: consumerName.route(id) }, [posts]),
    ],
  };
};

/** Writing the copies of all shards and making the consumers of their owners. */
export const keepCopies: Grant = (scope) => ({
  pub: shards(scope).flatMap((shard) => copiesOf(scope.space, shard)),
});

function copiesOf(space: Token, shard: number): string[] {
  const stream = streamName.delivery(space, shard);
  const copies = { kind: "dlv", space, owner: "*", channel: anyChannel } as const;
  const pointers = { kind: "dinbox", space, owner: "*" } as const;
  const checkpoint = { kind: "ckpt", space, shard } as const;
  const consumers = { stream, consumer: "*" };
  return [
    ...(["INFO", "MSG.GET", "PURGE"] as const).map((verb) => streamApi.stream(verb, stream)),
    streamApi.createConsumer(consumers, formatPattern(copies)),
    ...(["DELETE", "INFO", "RESET"] as const).map((verb) => streamApi.consumer(verb, consumers)),
    ...[copies, pointers, checkpoint].map((stored) =>
      formatPattern({ kind: "ingest", secret: "*", shard, stored }),
    ),
  ];
}

/** Removing what peers leave behind in their queues. */
export const clearQueues: Grant = ({ space }) => ({
  pub: [streamName.dm(space), streamName.task(space)].flatMap((stream) => [
    streamApi.consumer("DELETE", { stream, consumer: "*" }),
    streamApi.stream("PURGE", stream),
  ]),
});

export const askAccount: Grant = () => ({ pub: [streamApi.accountInfo] });

/** Changing accounts and ending connections, over the system account. */
export const revocation: Grant = () => ({
  pub: [systemSubject.updateClaims, systemSubject.lookUpClaims("*"), systemSubject.kick("*")],
});

/** Seeing who is connected in one account, over the system account. */
export const census: Grant = ({ account = "" }) => ({
  pub: [systemSubject.connections(account)],
  sub: [systemSubject.connected(account), systemSubject.disconnected(account)],
});
