import {
  consumerName,
  deadSubjects,
  formatPattern,
  ingestKeySubject,
  streamApi,
  streamName,
  systemSubject,
} from "@cotal/subjects";
import { anyChannel, type Grant, type GrantScope, ownConsumer, shards } from "./grant.ts";

/** Making and removing the queues of peers. */
export const provisionQueues: Grant = ({ space, api }) => ({
  pub: [
    {
      stream: streamName.dm(space),
      filter: formatPattern({ kind: "inst", space, target: "*", sender: "*" }),
    },
    { stream: streamName.task(space), filter: formatPattern({ kind: "svc", space, role: "*", sender: "*" }) },
  ].flatMap(({ stream, filter }) => [
    streamApi.createConsumer(api, { stream, consumer: "*" }, filter),
    streamApi.consumer(api, "DELETE", { stream, consumer: "*" }),
  ]),
});

/** Reading all posts, as the delivery engine does, and removing those that a channel is not to keep. */
export const routePosts: Grant = (scope) => {
  const { space, id, api } = scope;
  const stream = streamName.chat(space);
  const posts = formatPattern({ kind: "chat", space, sender: "*", channel: anyChannel });
  return {
    pub: [
      streamApi.stream(api, "INFO", stream),
      streamApi.stream(api, "MSG.GET", stream),
      streamApi.stream(api, "PURGE", stream),
      ...ownConsumer(scope, { stream, consumer: consumerName.route(id) }, [posts]),
    ],
  };
};

/** Writing the copies of all shards and making the consumers of their owners. */
export const keepCopies: Grant = (scope) => ({
  pub: shards(scope).flatMap((shard) => copiesOf(scope, shard)),
});

function copiesOf({ space, api }: GrantScope, shard: number): string[] {
  const stream = streamName.delivery(space, shard);
  const copies = { kind: "dlv", space, owner: "*", channel: anyChannel } as const;
  const pointers = { kind: "dinbox", space, owner: "*" } as const;
  const checkpoint = { kind: "ckpt", space, shard } as const;
  const consumers = { stream, consumer: "*" };
  return [
    ...(["INFO", "MSG.GET", "PURGE"] as const).map((verb) => streamApi.stream(api, verb, stream)),
    streamApi.createConsumer(api, consumers, formatPattern(copies)),
    ...(["DELETE", "INFO"] as const).map((verb) => streamApi.consumer(api, verb, consumers)),
    streamApi.reset(consumers),
    ...[copies, pointers, checkpoint].map((stored) =>
      formatPattern({ kind: "ingest", secret: "*", shard, stored }),
    ),
  ];
}

/** Removing what is handled in the queues of peers, and what peers leave behind. What waits there is not read. */
export const clearQueues: Grant = ({ space, api }) => ({
  pub: [streamName.dm(space), streamName.task(space)].flatMap((stream) => [
    streamApi.listConsumers(api, stream),
    streamApi.consumer(api, "DELETE", { stream, consumer: "*" }),
    streamApi.stream(api, "INFO", stream),
    streamApi.stream(api, "PURGE", stream),
  ]),
});

/** Putting away what can never be delivered, and looking at, replaying and dropping it. */
export const buryDead: Grant = ({ space, api }) => ({
  pub: [
    ingestKeySubject("*", deadSubjects(space)),
    ...(["INFO", "MSG.GET", "PURGE"] as const).map((verb) =>
      streamApi.stream(api, verb, streamName.dead(space)),
    ),
  ],
});

export const askAccount: Grant = ({ api }) => ({ pub: [streamApi.accountInfo(api)] });

/** Changing accounts and ending connections, over the system account. */
export const revocation: Grant = () => ({
  pub: [systemSubject.updateClaims, systemSubject.lookUpClaims("*"), systemSubject.kick("*")],
});

/** Seeing who is connected in one account, over the system account. */
export const census: Grant = ({ account = "" }) => ({
  pub: [systemSubject.connections(account)],
  sub: [systemSubject.connected(account), systemSubject.disconnected(account)],
});
