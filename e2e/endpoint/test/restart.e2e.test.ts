import { setTimeout as pause } from "node:timers/promises";
import type { Endpoint } from "@cotal/endpoint";
import {
  eventually,
  expectNoDuplicate,
  expectNoLoss,
  leakCheck,
  type ReceivedRecord,
  type SentRecord,
} from "@cotal/harness";
import { verifies } from "@cotal/requirements";
import { expect, test } from "vitest";
import { isQueueOrWatch, liveNames } from "./facts.ts";
import { startClosedSpace, type TestSpace } from "./space.ts";

const peers = 50;
const workers = 10;
const kills = 3;

interface Exchange {
  readonly sent: SentRecord[];
  /** By whom it was owed: the peer or the role. */
  readonly received: ReceivedRecord[];
  /** By the very peer that saw it. */
  readonly surfaced: ReceivedRecord[];
  readonly failures: unknown[];
}

/** Sends to a peer or to the role, without end, and notes what the broker says it has stored. */
async function chatter(
  from: Endpoint,
  others: readonly Endpoint[],
  into: Exchange,
  signal: AbortSignal,
): Promise<void> {
  for (let round = 0; !signal.aborted; round++) {
    const toRole = round % 3 === 0;
    const target = others[(round * 7) % others.length] ?? from;
    const where = toRole ? { role: "worker" } : { to: target.ref.id };
    try {
      const { id } = await from.send({ ...where, text: `${round}`, waitForLinkMs: 60_000 });
      into.sent.push({ id, sender: from.ref.name, channel: toRole ? "worker" : target.ref.name });
    } catch (error) {
      into.failures.push(error);
    }
    await pause(40 + ((round * 13) % 50));
  }
}

function listen(peer: Endpoint, into: Exchange): void {
  peer.onMessage(
    async ({ message, kind }) => {
      into.surfaced.push({ id: message.id, owner: peer.ref.name });
      into.received.push({ id: message.id, owner: kind === "anycast" ? "worker" : peer.ref.name });
    },
    { concurrency: 4 },
  );
}

const ownersOf = ({ channel }: SentRecord): readonly string[] => [channel];

async function fifty(space: TestSpace): Promise<Endpoint[]> {
  const all: Endpoint[] = [];
  for (let at = 0; at < peers; at++) {
    all.push(await space.peer(`p${at}`, at < workers ? { role: "worker" } : {}));
  }
  return all;
}

/** Work whose acknowledgement died with the broker goes to whoever asks next: a role is at least once. */
test("fifty peers lose nothing and no peer sees anything twice while the broker is killed three times", async () => {
  verifies("ENDP-23", "ENDP-32", "ENDP-31", "ENDP-62", "ENDP-10");
  await using space = await startClosedSpace();
  const leaks = await leakCheck(space.broker, { mayStay: isQueueOrWatch });
  const all = await fifty(space);
  const exchange: Exchange = { sent: [], received: [], surfaced: [], failures: [] };
  for (const peer of all) listen(peer, exchange);
  const traffic = new AbortController();
  const running = all.map((peer, at) => {
    const others = all.filter((_, other) => other !== at);
    return chatter(peer, others, exchange, traffic.signal);
  });
  for (let kill = 1; kill <= kills; kill++) {
    const before = exchange.sent.length;
    await eventually(() => exchange.sent.length > before + 300, { timeoutMs: 120_000, what: "traffic" });
    await space.broker.kill();
    await space.broker.restart();
    // Presence is kept in memory; whoever leads delivery makes its bucket anew.
    await space.setUp();
  }
  await eventually(() => all.every(({ state }) => state === "live"), {
    timeoutMs: 120_000,
    what: "all live",
  });
  traffic.abort();
  await Promise.all(running);
  expect(exchange.failures).toEqual([]);
  await eventually(() => expectNoLoss({ ...exchange, owners: ownersOf }), { timeoutMs: 120_000 });
  expectNoDuplicate(exchange.surfaced);
  const names = all.map(({ ref }) => ref.name).sort();
  await eventually(
    () => {
      for (const peer of all) expect(liveNames(peer)).toEqual(names);
    },
    { timeoutMs: 120_000, what: "the agreement of all rosters" },
  );
  await Promise.all(all.map((peer) => peer.stop()));
  await leaks.assertClean();
});
