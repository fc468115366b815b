import { once } from "node:events";
import { createInterface } from "node:readline";
import { connectEndpoint } from "@cotal/endpoint";
import type { Order, Told } from "./run-program.ts";

// A peer in a process of its own, by an order on its input. It ends with its input, or is killed.

const input = createInterface({ input: process.stdin });
const [line] = await once(input, "line");
const { options, hang }: Order = JSON.parse(line);
const tell = (told: Told): void => void process.stdout.write(`${JSON.stringify(told)}\n`);

const peer = await connectEndpoint(options);
tell({ kind: "live", id: peer.ref.id });
peer.onMessage(async ({ message: { id }, redelivered }) => {
  tell({ kind: "message", id, redelivered });
  if (hang) await new Promise(() => undefined);
});
input.once("close", () => void peer.stop());
