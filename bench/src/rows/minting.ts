import { generateKeyPairSync, sign } from "node:crypto";
import { type MintOrder, mint, type SpaceTrust } from "@cotal/trust";
import type { Comparison } from "../row.ts";
import { timed } from "./timed.ts";

/** One new agent with its keys, rights and token, against the two signatures that no way of minting can spare. */
export function minting(space: SpaceTrust, items: number): Comparison {
  const order = (at: number): MintOrder => ({
    profile: "agent",
    name: `worker-${at}`,
    role: "review",
    allowSubscribe: ["general", "team.>"],
    allowPublish: ["general"],
  });
  const draw = (count: number) => Array.from({ length: count }, (_, at) => order(at));
  const { privateKey } = generateKeyPairSync("ed25519");
  const size = mint(space, order(0), Date.now()).jwt.length;
  const token = Buffer.alloc(size, "e");
  return {
    title: "mint of one identity",
    rawTitle: "two native signatures",
    unit: "ns",
    better: "lower",
    gate: 20,
    aim: "8",
    ours: () => timed(items, { draw, expected: all, run: (orders) => countMinted(space, orders) }),
    raw: () =>
      timed(items, {
        draw,
        expected: all,
        run: (orders) => countSigned(() => sign(null, token, privateKey), orders),
      }),
  };
}

const all = (orders: readonly MintOrder[]): number => orders.length;

function countMinted(space: SpaceTrust, orders: readonly MintOrder[]): number {
  const ids = new Set<string>();
  for (const order of orders) ids.add(mint(space, order, Date.now()).id);
  return ids.size;
}

function countSigned(signature: () => Buffer, orders: readonly MintOrder[]): number {
  let count = 0;
  for (const _ of orders) if (signature().length + signature().length === 128) count++;
  return count;
}
