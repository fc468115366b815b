import { header } from "../src/index.ts";
import { type Entry, fuzzRoutes, type Genuine } from "./fuzz-world.ts";
import { now } from "./posts.ts";
import type { Random } from "./random.ts";

type Mutation = (random: Random, entry: Entry, other: Genuine) => Entry;

const strangeHeaders = [
  "Nats-Rollup",
  "Nats-TTL",
  "Nats-Expected-Stream",
  "Cotal-Other",
  "X-Any",
  header.gap,
  "cotal-sig",
];
const snippets = [
  '"__proto__":1,',
  '"constructor":{},',
  "\u0000",
  '"',
  "\\",
  "[".repeat(80),
  "{}",
  "é",
  "1e999",
  "\ud800",
];

const mutations: readonly Mutation[] = [
  (_, entry, other) => ({ ...entry, subject: other.subject }),
  (_, entry, other) => ({ ...entry, bytes: other.bytes }),
  (_, entry, other) => ({ ...entry, headers: other.headers }),
  (random, entry, other) => {
    const name = random.pick(Object.values(header));
    return withHeader(entry, name, other.headers[name]);
  },
  (random, entry) => ({ ...entry, route: random.pick(fuzzRoutes) }),
  (random, entry) => ({ ...entry, storedAt: now + random.below(900_000) - 450_000 }),
  (_, entry) => ({ ...entry, storedAt: undefined }),
  (random, entry) => withHeader(entry, random.pick(Object.keys(entry.headers).concat("x")), undefined),
  (random, entry) => withHeader(entry, random.pick(strangeHeaders), random.pick(["", "1", "x"])),
  (random, entry) => {
    const name = random.pick(Object.keys(entry.headers).concat(header.hops));
    return withHeader(entry, name, damagedText(random, entry.headers[name] ?? "1"));
  },
  (random, entry) => ({ ...entry, subject: damagedText(random, entry.subject) }),
  (random, entry) => ({ ...entry, bytes: damagedBytes(random, entry.bytes) }),
  (random, entry) => ({ ...entry, bytes: damagedBytes(random, entry.bytes) }),
  (random, entry) => ({ ...entry, bytes: spliced(random, entry.bytes) }),
  (random, entry) => ({
    ...entry,
    bytes: Buffer.from(Array.from({ length: random.below(40) }, () => random.below(256))),
  }),
];

/** The entry with nought to three things wrong with it. */
export function mutated(random: Random, entry: Entry, pool: readonly Genuine[]): Entry {
  let result = entry;
  for (let left = random.below(4); left > 0; left--)
    result = random.pick(mutations)(random, result, random.pick(pool));
  return result;
}

function withHeader(entry: Entry, name: string, value: string | undefined): Entry {
  const { [name]: _, ...others } = entry.headers;
  return { ...entry, headers: value === undefined ? others : { ...others, [name]: value } };
}

function damagedText(random: Random, text: string): string {
  const at = random.below(text.length + 1);
  const replacement = random.pick(["", "A", "0", ".", "*", ">", " ", text]);
  return text.slice(0, at) + replacement + text.slice(at + random.below(3));
}

function damagedBytes(random: Random, bytes: Uint8Array): Uint8Array {
  const copy = Buffer.from(bytes);
  if (copy.length === 0) return copy;
  if (random.rarely(4)) return copy.subarray(0, random.below(copy.length));
  for (let left = 1 + random.below(3); left > 0; left--) copy[random.below(copy.length)] = random.below(256);
  return copy;
}

function spliced(random: Random, bytes: Uint8Array): Uint8Array {
  const at = random.below(bytes.length + 1);
  return Buffer.concat([bytes.subarray(0, at), Buffer.from(random.pick(snippets)), bytes.subarray(at)]);
}
