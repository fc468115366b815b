import { consumerName, formatPattern, keySubject, registryKey, streamApi, streamName } from "@cotal/subjects";
import { anyChannel, type Grant, type GrantScope, ownConsumer } from "./grant.ts";

export const send: Grant = ({ space, id: sender, allowPublish }) => ({
  pub: [
    ...allowPublish.map((channel) => formatPattern({ kind: "chat", space, sender, channel })),
    formatPattern({ kind: "inst", space, target: "*", sender }),
    formatPattern({ kind: "svc", space, role: "*", sender }),
  ],
});

export const listen: Grant = (scope) => ({ sub: readable(scope) });

export const history: Grant = (scope) => {
  const stream = streamName.chat(scope.space);
  const names = [consumerName.history(scope.id), consumerName.backfill(scope.id)];
  return { pub: names.flatMap((consumer) => ownConsumer(scope, { stream, consumer }, readable(scope))) };
};

/** Own messages, to find out what became of them. */
export const outbox: Grant = (scope) => {
  const { space, id: sender } = scope;
  const consumer = consumerName.sent(sender);
  const own = [
    {
      stream: streamName.chat(space),
      filter: formatPattern({ kind: "chat", space, sender, channel: anyChannel }),
    },
    { stream: streamName.dm(space), filter: formatPattern({ kind: "inst", space, target: "*", sender }) },
    { stream: streamName.task(space), filter: formatPattern({ kind: "svc", space, role: "*", sender }) },
  ];
  return { pub: own.flatMap(({ stream, filter }) => ownConsumer(scope, { stream, consumer }, [filter])) };
};

/** Queues that were made for the user. */
export const queues: Grant = ({ space, id, role, api }) => ({
  pub: [
    { stream: streamName.dm(space), consumer: consumerName.dm(id) },
    ...(role === undefined ? [] : [{ stream: streamName.task(space), consumer: consumerName.role(role) }]),
    // Of any stream: nobody who holds this can make a consumer of such a name.
    { stream: "*", consumer: consumerName.delivery(id) },
  ].flatMap((place) => [streamApi.next(place), streamApi.consumer(api, "INFO", place), streamApi.ack(place)]),
});

export const announce: Grant = ({ space, id }) => ({
  pub: [keySubject(space, "presence", id), keySubject(space, "presence", registryKey.beat(id))],
});

/** Reading along on what is addressed to others. */
export const readAlong: Grant = (scope) => {
  const { space, id } = scope;
  const direct = formatPattern({ kind: "inst", space, target: "*", sender: "*" });
  return {
    sub: [direct, formatPattern({ kind: "svc", space, role: "*", sender: "*" })],
    pub: ownConsumer(scope, { stream: streamName.dm(space), consumer: consumerName.tap(id) }, [direct]),
  };
};

function readable({ space, allowSubscribe }: GrantScope): string[] {
  return allowSubscribe.map((channel) => formatPattern({ kind: "chat", space, sender: "*", channel }));
}
