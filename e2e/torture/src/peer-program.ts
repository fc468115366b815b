import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { connectEndpoint, type Endpoint } from "@cotal/endpoint";
import { type Lane, openJournal } from "./journal.ts";
import type { PeerOrder, Said } from "./peer.ts";
import { randomOf } from "./random.ts";

// A peer in a process of its own, so that it can be killed. It follows the lines of its input.

const input = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const order: PeerOrder = JSON.parse((await input.next()).value);
const note = openJournal(order.journal);
const say = (said: Said): void => void process.stdout.write(`${JSON.stringify(said)}\n`);

const answerMs = 20_000;

note({ note: "life", pid: process.pid });
const peer = await connectEndpoint({ ...order.options, retryFirst: true, takeover: true });
peer.on("gap", ({ channel, reason, count }) => note({ note: "gap", channel, reason, count }));
peer.onMessage(async ({ message: { id }, source, historical, redelivered }) => {
  note({ note: "received", id, source, historical, redelivered });
});
for (const channel of order.joins) await joined(channel);
say("ready");

let sends = false;
let sending: Promise<void> | undefined;
for await (const line of input) {
  if (line === "speak") {
    sends = true;
    sending ??= sendAll(peer);
    say("speak");
  } else if (line === "quiet") {
    sends = false;
    await sending;
    say("quiet");
  } else if (line === "roster") {
    const live = peer.roster().flatMap((entry) => (entry.live ? [entry.name] : []));
    note({ note: "roster", live });
    say("roster");
  } else if (line === "end") {
    break;
  }
}
await peer.stop();
note({ note: "end" });
process.stdin.destroy();

/** A right that was given a moment ago may not have arrived everywhere, and a broker may be away. */
async function joined(channel: string): Promise<void> {
  for (;;) {
    try {
      const { durable } = await peer.join(channel);
      note({ note: "joined", channel, durable });
      if (durable === "held" || durable === "not-durable") return;
      await peer.leave(channel);
    } catch (error) {
      process.stderr.write(`${channel}: ${String(error)}\n`);
    }
    await pause(500);
  }
}

async function sendAll(from: Endpoint): Promise<void> {
  const random = randomOf(order.seed);
  for (let number = 0; sends; number++) {
    const lane = random.pick(order.lanes);
    const id = `${order.name}-${process.pid}-${number}`;
    note({ note: "sending", id, lane });
    try {
      await from.send({
        id,
        text: `${number} `.repeat(1 + random.below(40)),
        ...placeOf(lane),
        waitForLinkMs: answerMs,
      });
      note({ note: "stored", id });
    } catch (error) {
      note({ note: "failed", id, code: String((error as { code?: unknown }).code) });
      await pause(50);
    }
    await pause(random.below(order.everyMs * 2));
  }
}

function placeOf(lane: Lane): { channel: string } | { to: string } | { role: string } {
  const target = lane.slice(1);
  if (lane.startsWith("#")) return { channel: target };
  return lane.startsWith("@") ? { to: target } : { role: target };
}
