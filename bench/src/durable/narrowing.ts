import { openLink } from "@cotal/harness";
import { call } from "@cotal/session";
import { type OwnerId, partition, serviceName, streamName } from "@cotal/subjects";
import { createSigner, parseCredential } from "@cotal/wire";
import type { Row } from "../row.ts";
import { channel, type DurableSpace } from "../space/bench-space.ts";
import { opened } from "../space/opened.ts";
import { bodyBytes } from "../space/pair.ts";
import { rawBody } from "../space/raw-body.ts";
import { stampedText } from "../space/stamp.ts";
import { openDurableSide } from "./durable-side.ts";
import { play } from "./load.ts";
import { addCopyStores } from "./raw-posts.ts";

/** The rights of an owner with many stored copies are taken back, until none of them can be served any more. */
export const narrowing: Row = {
  id: "B10",
  title: "a narrowed ACL is settled",
  suite: "narrowing",
  rounds: 3,
  open: (size) =>
    opened(async (scope) => {
      const side = await openDurableSide(scope, 1);
      const { space, crowd, raw, post, stored, processes } = side;
      const bytes = await bodyBytes(side, { stream: streamName.chat(space.space), to: { channel } });
      const [store] = await addCopyStores(side);
      if (!store) throw new Error("there is one member");
      const posts = size === "smoke" ? 50 : 10_000;
      const operator = await openOperator(space);
      scope.defer(() => operator.stop());
      let round = 0;
      return {
        comparisons: [
          {
            title: `with ${posts} stored copies`,
            rawTitle: "purge by subject",
            unit: "ms",
            better: "lower",
            gate: 3,
            aim: "1.5",
            ours: async () => {
              const { id, options } = await space.provision(`narrowed-${++round}`);
              await crowd.gather([{ ...options, channels: [channel] }]);
              await crowd.part("ours");
              const last = (await play(post, { posts })) ?? 0;
              await stored(last, [id]);
              const start = process.hrtime.bigint();
              await operator.takeAll(id);
              return Number(process.hrtime.bigint() - start) / 1e6;
            },
            raw: async () => {
              const send = () => raw.jetstream.publish(store.subject, rawBody(stampedText(), bytes));
              await play(send, { posts });
              const start = process.hrtime.bigint();
              const { purged } = await raw.manager.streams.purge(store.stream, { filter: store.subject });
              const tookMs = Number(process.hrtime.bigint() - start) / 1e6;
              if (purged !== posts) throw new Error(`${purged} were purged, not ${posts}`);
              return tookMs;
            },
          },
        ],
        processes,
      };
    }),
};

interface Operator {
  /** Leaves an owner no right; resolves when that is carried out. */
  takeAll(owner: OwnerId): Promise<void>;
  stop(): Promise<void>;
}

async function openOperator({ space, trust }: DurableSpace): Promise<Operator> {
  const operator = trust.mint({ profile: "operator", name: "operator" });
  const link = openLink(trust.broker.url, { as: operator });
  await link.start();
  const { session } = link;
  if (!session) throw new Error("the link has started");
  const { keys } = parseCredential(operator.creds.reveal());
  const signer = createSigner(keys, { now: session.brokerClock.now });
  return {
    takeAll: async (owner) => {
      const service = serviceName.deliveryAdmin(partition(trust.space.shards, owner));
      const acl = { allowSubscribe: [], allowPublish: [] };
      const from = { id: operator.id, name: "operator" };
      const reply = await call(session, { space, service, op: "narrow", args: { owner, acl }, from, signer });
      if (!reply.ok) throw new Error(`${reply.error.code}: ${reply.error.message}`);
    },
    stop: () => link.stop(),
  };
}
