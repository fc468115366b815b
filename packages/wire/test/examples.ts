import { alice } from "./peers.ts";

const card = {
  id: alice.id,
  name: "Ada Lovelace",
  kind: "agent",
  role: "reviewer",
  tags: ["maths"],
  skills: [{ id: "prove", name: "Prove" }],
  meta: { "com.example.engine": 2 },
  protocolVersion: "0.3",
};

const message = {
  id: "m-1",
  ts: 1_700_000_000_000,
  space: "main",
  from: { id: alice.id, name: "ada" },
  channel: "team.backend",
  parts: [
    { kind: "text", text: "hello" },
    { kind: "data", data: null },
    { kind: "com.example.thing", at: 1 },
  ],
};

const digest = { v: 1, epoch: 3, version: 7, full: true, live: [alice.id], gone: [] };

const request = { v: 1, id: "r-1", op: "channels", from: { id: alice.id, name: "ada" } };

interface Examples {
  readonly valid: readonly object[];
  readonly invalid: readonly unknown[];
}

/** For each record, by the name of its schema, values that fit and values that do not. */
export const examples: Readonly<Record<string, Examples>> = {
  message: {
    valid: [message, { ...message, mentions: ["bob"], expiresAt: 5, replyTo: "m-0", contextId: "c" }],
    invalid: [
      null,
      [],
      { ...message, id: "with space" },
      { ...message, id: "x".repeat(129) },
      { ...message, ts: 1.5 },
      { ...message, ts: -1 },
      { ...message, from: { id: alice.id } },
      { ...message, to: alice.id },
      { ...message, channel: undefined },
      { ...message, parts: [] },
      { ...message, parts: [{ kind: "text" }] },
      { ...message, parts: [{ kind: "data" }] },
      { ...message, parts: [{ kind: "artifact" }] },
      { ...message, mentions: "bob" },
    ],
  },
  "agent-card": {
    valid: [card, { ...card, name: "𝒜".repeat(128) }],
    invalid: [
      { ...card, id: "nobody" },
      { ...card, name: "" },
      { ...card, name: " ada" },
      { ...card, name: "ada\t" },
      { ...card, name: "a/b" },
      { ...card, name: "a\\b" },
      { ...card, name: "a\nb" },
      { ...card, name: "x".repeat(129) },
      { ...card, kind: "robot" },
      { ...card, meta: { engine: 2 } },
      { ...card, protocolVersion: undefined },
    ],
  },
  presence: {
    valid: [
      { card, status: "idle", ts: 1 },
      { card, status: "working", attention: "dnd", channelModes: { "team.backend": "muted" }, ts: 1 },
    ],
    invalid: [
      { card, status: "asleep", ts: 1 },
      { card, status: "idle" },
      { card, status: "idle", ts: 1, channelModes: { "team.>": "muted" } },
      { card: { ...card, id: "x" }, status: "idle", ts: 1 },
    ],
  },
  "presence-digest": {
    valid: [digest, { ...digest, full: false, live: [], gone: [alice.id] }],
    invalid: [
      { ...digest, v: 2 },
      { ...digest, epoch: -1 },
      { ...digest, version: undefined },
      { ...digest, full: "yes" },
      { ...digest, live: ["nobody"] },
      { ...digest, gone: undefined },
    ],
  },
  "channel-config": {
    valid: [{ v: 1 }, { v: 1, replay: false, replayWindow: "12h", deliveryClass: "live", description: "d" }],
    invalid: [
      {},
      { v: 2 },
      { v: 1, replayWindow: "12 h" },
      { v: 1, deliveryClass: "maybe" },
      { v: 1, description: "x".repeat(201) },
      { v: 1, instructions: "x".repeat(2001) },
    ],
  },
  "control-request": {
    valid: [request, { ...request, args: { limit: 3 } }],
    invalid: [
      { ...request, v: 0 },
      { ...request, id: "" },
      { ...request, op: "a b" },
      { ...request, from: alice.id },
    ],
  },
  "control-reply": {
    valid: [
      { v: 1, ok: true },
      { v: 1, ok: true, data: [1] },
      { v: 1, ok: false, error: { code: "busy", message: "later" } },
    ],
    invalid: [{ v: 1 }, { v: 1, ok: false }, { v: 1, ok: false, error: { code: "busy" } }, { ok: true }],
  },
  "gap-marker": {
    valid: [{ channel: "team", fromSeq: 1, toSeq: 4, count: 4, reason: "quota" }],
    invalid: [
      { channel: "team.*", fromSeq: 1, toSeq: 4, count: 4, reason: "quota" },
      { channel: "team", fromSeq: -1, toSeq: 4, count: 4, reason: "quota" },
    ],
  },
};
