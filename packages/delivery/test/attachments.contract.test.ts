import { eventually } from "@cotal/harness";
import { verifies } from "@cotal/requirements";
import { consumerInfo, pull } from "@cotal/session";
import { expect, test } from "vitest";
import {
  enter,
  failureOf,
  join,
  lead,
  newChannel,
  publishMany,
  served,
  worldOfFile,
} from "./support-actor.ts";

const world = worldOfFile();

test("a peer gets a consumer of its own, for as long as its session is the same", async () => {
  verifies("DLV-55", "DLV-57");
  const channel = newChannel();
  await using led = await lead(world());
  await using ada = await enter(world(), [channel]);
  await using bob = await enter(world(), [channel]);
  await join(led, ada, channel);
  await publishMany(bob, channel, 4);
  await served(world(), led, ada);
  const order = { nonce: "a", epoch: 1, takeover: false };
  const place = await led.of(ada).attach(ada.minted.id, order);
  expect(place).toMatchObject({ consumer: `dlv_${ada.minted.id}`, pending: 4 });
  const { config } = await consumerInfo(led.session, place.stream, place.consumer);
  expect(config).toMatchObject({
    ack_policy: "explicit",
    ack_wait: 30e9,
    max_ack_pending: 256,
    inactive_threshold: 3_600e9,
    mem_storage: true,
  });
  await ada.read({ ...place, count: 2, ackAll: false });
  expect(await led.of(ada).attach(ada.minted.id, order)).toEqual({ ...place, pending: 3 });
  expect(await ada.read({ ...place, count: 10, ackAll: true })).toHaveLength(2);
});

test("what was in flight comes at once to a new session", async () => {
  verifies("DLV-56");
  const channel = newChannel();
  await using led = await lead(world());
  await using ada = await enter(world(), [channel]);
  await using bob = await enter(world(), [channel]);
  await join(led, ada, channel);
  await publishMany(bob, channel, 4);
  await served(world(), led, ada);
  const place = await led.of(ada).attach(ada.minted.id, { nonce: "a", epoch: 1, takeover: false });
  const [, ...unacked] = await ada.read({ ...place, count: 1, ackAll: false });
  expect(unacked).toEqual([]);
  await led.of(ada).attach(ada.minted.id, { nonce: "a", epoch: 2, takeover: false });
  expect(await ada.read({ ...place, count: 10, ackAll: true })).toHaveLength(4);
  const late = led.of(ada).attach(ada.minted.id, { nonce: "a", epoch: 1, takeover: false });
  expect((await failureOf(late)).code).toBe("identity-in-use");
});

test("while one session lives another is refused unless it takes over, also by a new leader", async () => {
  verifies("DLV-57");
  const channel = newChannel();
  await using ada = await enter(world(), [channel]);
  const { id } = ada.minted;
  const one = { nonce: "one", epoch: 1, takeover: false };
  const other = { nonce: "other", epoch: 1, takeover: false };
  let waiting: Promise<string> | undefined;
  {
    await using led = await lead(world());
    const place = await led.of(ada).attach(id, one);
    waiting = new Promise((resolve) => {
      const nothing = (): void => undefined;
      const options = { ...place, window: 1, heartbeatMs: 1_000, onEntry: nothing };
      pull(ada.session(), { ...options, onEnd: ({ code }) => resolve(code) });
    });
    await eventually(
      async () => (await consumerInfo(led.session, place.stream, place.consumer)).num_waiting > 0,
    );
    expect((await failureOf(led.of(ada).attach(id, other))).code).toBe("identity-in-use");
  }
  await using led = await lead(world());
  expect((await failureOf(led.of(ada).attach(id, other))).code).toBe("identity-in-use");
  await led.of(ada).attach(id, { ...other, takeover: true });
  await expect(waiting).resolves.toBe("consumer-missing");
  // Nobody pulls any more, so whoever comes is let in.
  await led.of(ada).attach(id, one);
});
