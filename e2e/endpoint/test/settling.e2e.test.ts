import { reject, retryLater } from "@cotal/endpoint";
import { eventually } from "@cotal/harness";
import { queueConsumer } from "@cotal/registries";
import { verifies } from "@cotal/requirements";
import { asOwnerId, asToken } from "@cotal/subjects";
import { describe, expect, test } from "vitest";
import { queueFacts, shortenAckWait } from "./facts.ts";
import { runProgram } from "./run-program.ts";
import { space as name, startClosedSpace } from "./space.ts";

const worker = asToken("role", "worker");
const roleQueue = queueConsumer.role(name, worker);
const nothing = { num_pending: 0, num_ack_pending: 0 };

describe.concurrent("a program that is killed in its handler", () => {
  test("gets the message again when it is started anew, and is told so", async () => {
    verifies("ENDP-22", "ENDP-25", "ENDP-2", "DLV-4");
    await using space = await startClosedSpace();
    const alice = await space.peer("alice");
    const options = await space.provision("bob");
    const { resolve } = alice;
    await eventually(() => expect(resolve("bob").kind).toBe("found"));
    const found = resolve("bob");
    const id = asOwnerId(found.kind === "found" ? found.peer.id : "");
    const queue = queueConsumer.dm(name, id);
    await shortenAckWait(space, queue, 2_000);
    await using first = runProgram({ options, hang: true });
    await eventually(() => expect(first.told).toContainEqual({ kind: "live", id }));
    const sent = await alice.send({ to: "bob", text: "work" });
    const message = { kind: "message", id: sent.id } as const;
    await eventually(() => expect(first.told).toContainEqual({ ...message, redelivered: false }));
    await first.kill();
    await using second = runProgram({ options, hang: false });
    await eventually(() => expect(second.told).toContainEqual({ ...message, redelivered: true }));
    const place = { stream: queue.stream, consumer: queue.config.name };
    await eventually(async () => expect(await queueFacts(space, place)).toEqual(nothing));
  });
});

describe.concurrent("a handler", () => {
  test("that works for three times the ack wait keeps its message, and nobody else gets it", async () => {
    verifies("ENDP-27");
    await using space = await startClosedSpace();
    const ackWaitMs = 1_000;
    const seen: { by: string; id: string; redelivered: boolean }[] = [];
    const finish = new AbortController();
    const alice = await space.peer("alice");
    const colleagues = [
      await space.provision("bob", { role: worker }),
      await space.provision("carol", { role: worker }),
    ];
    // Whoever serves a queue learns its ack wait when it begins.
    await shortenAckWait(space, roleQueue, ackWaitMs);
    for (const options of colleagues) {
      const peer = await space.connect(options);
      peer.onMessage(async ({ message: { id }, redelivered }) => {
        seen.push({ by: peer.ref.name, id, redelivered });
        await new Promise((resolve) => finish.signal.addEventListener("abort", resolve));
      });
    }
    const { id } = await alice.send({ role: worker, text: "slow work" });
    await eventually(() => expect(seen).toHaveLength(1));
    const start = performance.now();
    await eventually(() => performance.now() - start > 3 * ackWaitMs);
    expect(seen).toEqual([{ by: expect.any(String), id, redelivered: false }]);
    finish.abort();
    const place = { stream: roleQueue.stream, consumer: roleQueue.config.name };
    await eventually(async () => expect(await queueFacts(space, place)).toEqual(nothing));
    expect(seen).toHaveLength(1);
  });

  test("decides by what it does: nothing, a throw, a wish for later, a rejection", async () => {
    verifies("ENDP-25", "ENDP-22");
    await using space = await startClosedSpace();
    const alice = await space.peer("alice");
    const bob = await space.peer("bob");
    const faults: unknown[] = [];
    bob.on("fault", ({ error }) => faults.push(error));
    const seen: string[] = [];
    bob.onMessage(
      async ({ message: { id }, redelivered }) => {
        seen.push(`${id} ${redelivered ? "again" : "first"}`);
        if (id === "rejected") return reject("it makes no sense");
        if (id === "later" && !redelivered) return retryLater(50);
        if (id === "failing") throw new Error("a defect");
        return undefined;
      },
      { maxAttempts: 2 },
    );
    const ids = ["handled", "rejected", "later", "failing"];
    for (const id of ids) await alice.send({ to: bob.ref.id, text: "x", id });
    await eventually(() => expect(faults).toHaveLength(2));
    const place = { stream: "DM_acme", consumer: `dm_${bob.ref.id}` };
    await eventually(async () => expect(await queueFacts(space, place)).toEqual(nothing));
    expect(seen.sort()).toEqual([...ids.map((id) => `${id} first`), "later again", "failing again"].sort());
    expect(faults).toMatchObject([
      { code: "handler-failed", data: { id: "failing", givenUp: false } },
      { code: "handler-failed", data: { id: "failing", givenUp: true } },
    ]);
  });
});

describe.concurrent("a handler that never ends", () => {
  test("holds up the end of its program for a while only, and its message goes back", async () => {
    verifies("ENDP-10");
    await using space = await startClosedSpace();
    const alice = await space.peer("alice");
    const options = await space.provision("stubborn");
    const peer = await space.connect(options);
    let seen = 0;
    peer.onMessage(() => {
      seen++;
      return new Promise<void>(() => undefined);
    });
    const { id } = await alice.send({ to: peer.ref.id, text: "work" });
    await eventually(() => expect(seen).toBe(1));
    const start = performance.now();
    await peer.stop();
    expect(performance.now() - start).toBeLessThan(30_000);
    const again = await space.connect(options);
    const shown: unknown[] = [];
    again.onMessage(async ({ message, redelivered }) => {
      shown.push([message.id, redelivered]);
    });
    await eventually(() => expect(shown).toEqual([[id, true]]));
  });
});

describe.concurrent("work for the own role", () => {
  test("is left to a colleague, and done by its sender when there is none", async () => {
    verifies("ENDP-30", "ENDP-31");
    await using space = await startClosedSpace();
    const alone = await space.peer("alone", { role: worker });
    const seen: string[] = [];
    alone.onMessage(async ({ message: { id } }) => {
      seen.push(id);
    });
    await alone.send({ to: alone.ref.id, text: "note to myself", id: "own-dm" });
    await alone.send({ role: worker, text: "work", id: "own-work" });
    await eventually(() => expect(seen).toEqual(["own-work"]));
    const place = { stream: roleQueue.stream, consumer: roleQueue.config.name };
    await eventually(async () => expect(await queueFacts(space, place)).toEqual(nothing));

    const colleague = await space.peer("colleague", { role: worker });
    const done: string[] = [];
    colleague.onMessage(async ({ message: { id } }) => {
      done.push(id);
    });
    await alone.send({ role: worker, text: "work", id: "for-the-colleague" });
    await eventually(() => expect(done).toEqual(["for-the-colleague"]));
    expect(seen).toEqual(["own-work"]);
  });
});
