import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { connectEndpoint, type Endpoint } from "@cotal/endpoint";
import { type Lane, openJournal } from "./journal.ts";
import type { PeerOrder, Said } from "./peer.ts";
import { randomOf } from "./random.ts";

// A peer in a process of its own, so that it can be killed. It follows the lines of its input.

const lines = createInterface({ input: process.stdin });
const input = lines[Symbol.asyncIterator]();
const order: PeerOrder = JSON.parse((await input.next()).value);
const note = openJournal(order.journal);
const say = (said: Said): void => void process.stdout.write(`${JSON.stringify(said)}\n`);

const answerMs = 20_000;

note({ note: "life", pid: process.pid });
let sends = false;
let sending: Promise<void> | undefined;
const peer = await connected();
if (peer !== undefined) await follow(peer);
lines.close();
process.stdin.destroy();

/** Its credential is not there while its rights are changed; who may not come in stays out. */
async function connected(): Promise<Endpoint | undefined> {
  for (;;) {
    try {
      return await connectEndpoint({ ...order.options, retryFirst: true, takeover: true });
    } catch (error) {
      const code = codeOf(error);
      if (code !== "bad-credential") {
        stopped(code);
        return undefined;
      }
      await pause(200);
    }
  }
}

function stopped(code: string): void {
  note({ note: "stopped", code });
  say(`stopped ${code}`);
}

async function follow(endpoint: Endpoint): Promise<void> {
  endpoint.on("gap", ({ channel, reason, count }) => note({ note: "gap", channel, reason, count }));
  endpoint.on("state", ({ state, error }) => {
    if (state !== "stopped" || error === undefined) return;
    stopped(error.code);
    lines.close();
  });
  endpoint.onMessage(async ({ message: { id, replyTo }, source, historical, redelivered }) => {
    note({ note: "received", id, source, historical, redelivered, replyTo });
  });
  for (const channel of order.joins) await joined(endpoint, channel);
  say("ready");
  for await (const line of input) {
    if (line === "end") break;
    await carryOut(endpoint, line);
    say(line as Said);
  }
  sends = false;
  await endpoint.stop();
  note({ note: "end" });
}

async function carryOut(endpoint: Endpoint, line: string): Promise<void> {
  const [wish, channel = ""] = line.split(" ");
  switch (wish) {
    case "speak":
      sends = true;
      sending ??= sendAll(endpoint);
      return;
    case "quiet":
      sends = false;
      await sending;
      return;
    case "roster":
      note({ note: "roster", live: endpoint.roster().flatMap((entry) => (entry.live ? [entry.name] : [])) });
      return;
    case "reconnect":
      await endpoint.reconnect();
      note({ note: "reconnected" });
      return;
    case "join":
      return await joined(endpoint, channel);
    case "leave":
      return await left(endpoint, channel);
    default:
      throw new Error(`${JSON.stringify(line)} is no wish`);
  }
}

/** A right that was given a moment ago may not have arrived everywhere, and a broker may be away. Who has stopped is done. */
async function joined(endpoint: Endpoint, channel: string): Promise<void> {
  for (;;) {
    try {
      note({ note: "joining", channel });
      const { durable } = await endpoint.join(channel);
      note({ note: "joined", channel, durable });
      if (durable === "held" || durable === "not-durable") return;
      await endpoint.leave(channel);
    } catch (error) {
      if (codeOf(error) === "stopped") return;
      process.stderr.write(`${channel}: ${String(error)}\n`);
    }
    await pause(500);
  }
}

async function left(endpoint: Endpoint, channel: string): Promise<void> {
  for (;;) {
    try {
      note({ note: "leaving", channel });
      if ((await endpoint.leave(channel)).left) note({ note: "left", channel });
      return;
    } catch (error) {
      if (codeOf(error) === "stopped") return;
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
      note({ note: "failed", id, code: codeOf(error) });
      await pause(50);
    }
    await pause(random.below(order.everyMs * 2));
  }
}

function codeOf(error: unknown): string {
  return String((error as { readonly code?: unknown }).code ?? error);
}

function placeOf(lane: Lane): { channel: string } | { to: string } | { role: string } {
  const target = lane.slice(1);
  if (lane.startsWith("#")) return { channel: target };
  return lane.startsWith("@") ? { to: target } : { role: target };
}
