import { withSession } from "@cotal/harness";
import { brokerOfFile } from "@cotal/harness/broker-of-file";
import { verifies } from "@cotal/requirements";
import { consumerInfo, deleteConsumer, requestApi, type Session } from "@cotal/session";
import { asToken, formatSubject } from "@cotal/subjects";
import { describe, expect, test } from "vitest";
import { ensureSpace } from "../src/ensure-space.ts";
import { ensureQueue, makeQueue, queueConsumer } from "../src/queue-consumers.ts";
import { failureOf, newId, specOf } from "./support.ts";

const broker = brokerOfFile();
const role = asToken("role", "review");

describe.each(["auth", "open"] as const)("the queues of an %s space", (mode) => {
  const space = asToken("space", `queues-${mode}`);
  const inSpace = (run: (session: Session) => Promise<void>) =>
    withSession(broker().url, async (session) => {
      await ensureSpace(session, specOf(space, { mode }));
      await run(session);
    });

  test("hand work out until it is acknowledged, each to its own", async () => {
    verifies("REG-32");
    await inSpace(async (session) => {
      const [alice, bob] = [newId(), newId()];
      const queues = [
        queueConsumer.dm(space, alice),
        queueConsumer.dm(space, bob),
        queueConsumer.role(space, role),
        queueConsumer.role(space, asToken("role", "build")),
      ];
      for (const queue of queues) {
        await ensureQueue(session, queue);
        await ensureQueue(session, queue);
      }
      const subjects = [
        formatSubject({ kind: "inst", space, target: alice, sender: bob }),
        formatSubject({ kind: "svc", space, role, sender: bob }),
      ];
      for (const subject of subjects) await session.connection.request(subject, "work");
      const pending: number[] = [];
      for (const { stream, config } of queues) {
        const { num_pending, config: kept } = await consumerInfo(session, stream, config.name);
        pending.push(num_pending);
        expect(kept).toMatchObject({
          durable_name: config.name,
          ack_policy: "explicit",
          ack_wait: 60e9,
          max_deliver: -1,
          max_ack_pending: 1_000,
          filter_subject: config.filter_subject,
        });
        expect(kept).not.toHaveProperty("inactive_threshold");
      }
      expect(pending).toEqual([1, 0, 1, 0]);
    });
  });

  test("are made by one call of several, and what drifted is put right", async () => {
    await inSpace(async (session) => {
      const queue = queueConsumer.role(space, role);
      const made = await Promise.all([1, 2, 3, 4].map(() => makeQueue(session, queue)));
      expect(made.filter(Boolean)).toHaveLength(1);
      const { stream, config } = queue;
      await requestApi(session, `CONSUMER.CREATE.${stream}.${config.name}.${config.filter_subject}`, {
        stream_name: stream,
        config: { ...config, ack_wait: 5e9 },
        action: "update",
      });
      expect(await makeQueue(session, queue)).toBe(false);
      expect((await consumerInfo(session, stream, config.name)).config.ack_wait).toBe(60e9);
      await deleteConsumer(session, stream, config.name);
      expect(await makeQueue(session, queue)).toBe(true);
    });
  });

  test("of a space that is not there are refused", async () => {
    await withSession(broker().url, async (session) => {
      const queue = queueConsumer.dm(asToken("space", "nowhere"), newId());
      expect((await failureOf(makeQueue(session, queue))).code).toBe("stream-missing");
    });
  });
});
