import { contractTest, endToEndTest, type SeededBug, unitTest } from "./seeded-bug.ts";

/** Faults of what peers do and believe, and of what protects them. */
export const bugsOfPeers: readonly SeededBug[] = [
  {
    name: "a held duplicate is acknowledged early",
    breaks: "a copy is acknowledged once its message was handled",
    file: "packages/endpoint/src/ledger.ts",
    from: "    if (known) return;",
    to: '    if (known) return copy.answer({ kind: "ack" });',
    shownBy: unitTest(
      "packages/endpoint/test/ledger.test.ts",
      "is handed over once, and its copies share what becomes of it",
    ),
  },
  {
    name: "direct messages are acknowledged when they come",
    breaks: "a direct message is acknowledged once it was handled",
    file: "packages/endpoint/src/intake.ts",
    from: "return ownDisposition(arrival, self.id) ?? (await hold(arrival, signal));",
    to: `const handled = hold(arrival, signal);
      return ownDisposition(arrival, self.id) ?? (arrival.source === "dm" ? { kind: "ack" } : await handled);`,
    shownBy: contractTest(
      "packages/endpoint/test/queues.contract.test.ts",
      "hold what a handler is at, however long it takes",
    ),
  },
  {
    name: "tasks are acknowledged when they come",
    breaks: "a task is acknowledged once it was done",
    file: "packages/endpoint/src/intake.ts",
    from: "return ownDisposition(arrival, self.id) ?? (await hold(arrival, signal));",
    to: `const handled = hold(arrival, signal);
      return ownDisposition(arrival, self.id) ?? (arrival.source === "anycast" ? { kind: "ack" } : await handled);`,
    shownBy: contractTest(
      "packages/endpoint/test/queues.contract.test.ts",
      "is not kept from others: who is busy takes no more",
    ),
  },
  {
    name: "what was handed out before is not told",
    breaks: "a later process is told that an earlier one may have handled it",
    file: "packages/endpoint/src/ledger.ts",
    from: "item.redelivered = before !== undefined || arrival.deliveries > 1;",
    to: "item.redelivered = before !== undefined;",
    shownBy: contractTest(
      "packages/endpoint/test/queues.contract.test.ts",
      "between handling and ack gets the message again",
    ),
  },
  {
    name: "channels are not listened to again",
    breaks: "after a new connection posts are heard as before",
    file: "packages/endpoint/src/channels.ts",
    from: "[...this.#feeds.values()].map((feed) => this.#reopen",
    to: "[...this.#feeds.values()].slice(session.epoch - 1).map((feed) => this.#reopen",
    shownBy: contractTest(
      "packages/endpoint/test/channels.contract.test.ts",
      "what was said meanwhile is read back, and a gap where it cannot be",
    ),
  },
  {
    name: "who was told to be gone stays",
    breaks: "a peer whose beats have ended is not seen any more",
    file: "packages/endpoint/src/heard.ts",
    from: `    live.delete(id);
`,
    to: "",
    shownBy: unitTest(
      "packages/endpoint/test/heard.test.ts",
      "is everybody at once, and then who came and who went",
    ),
  },
  {
    name: "a bad signature will do",
    breaks: "what was not signed by its sender is refused",
    file: "packages/wire/src/verify-body.ts",
    from: `if (signature.kind !== "valid") return reject(signature.kind);
  const { signedAt, at } = signature;`,
    to: `if (signature.kind === "unsigned") return reject(signature.kind);
  const { signedAt = 0, at = 0 } = { ...signature };`,
    shownBy: unitTest(
      "packages/wire/test/fuzz.test.ts",
      "takes of 120,000 random and damaged entries exactly those that were sent to this path just now",
    ),
  },
  {
    name: "a repetition is taken once it was forgotten",
    breaks: "nothing is taken twice",
    file: "packages/wire/src/replay-guard.ts",
    from: "if (signedAt <= memory.floor || memory.ids.has(id))",
    to: "if (memory.ids.has(id))",
    shownBy: unitTest(
      "packages/wire/test/replay-guard.test.ts",
      "takes nothing twice, however small its memory, whatever comes in which order",
    ),
  },
  {
    name: "a signature never grows old",
    breaks: "what was signed long before it was stored is refused",
    file: "packages/wire/src/signature-verifier.ts",
    from: 'if (!(Math.abs(at - signedAt) <= freshnessWindowMs)) return { kind: "replayed" };',
    to: "",
    shownBy: unitTest(
      "packages/wire/test/signature.test.ts",
      "is fresh for two minutes to both sides of the moment of storing",
    ),
  },
  {
    name: "a route looks at the sender alone",
    breaks: "an entry that belongs to another path is refused",
    file: "packages/wire/src/verify-delivery.ts",
    from: 'return route.kind === "channel" && route.space === subject.space && route.covers(subject.channel);',
    to: "return route.space === subject.space;",
    shownBy: unitTest("packages/wire/test/verify-delivery.test.ts", "is refused on every path but its own"),
  },
  {
    name: "a message id does not carry its sender",
    breaks: "nobody can swallow the post of another",
    file: "packages/wire/src/compose-message.ts",
    from: "[header.dedupeId]: dedupeId(id, body.message.id)",
    to: "[header.dedupeId]: body.message.id",
    shownBy: unitTest(
      "packages/wire/test/compose-message.test.ts",
      "has the id of the caller or one that cannot be guessed, and with its sender it is the dedupe id",
    ),
  },
  {
    name: "a question is carried out each time it comes",
    breaks: "a question that is repeated is carried out once",
    file: "packages/session/src/answered.ts",
    from: "if (known) return known.reply;",
    to: "",
    shownBy: contractTest(
      "packages/session/test/control.contract.test.ts",
      "repeated, is answered from memory: while in work, later, and on a later connection",
    ),
  },
  {
    name: "an answer goes wherever it is told",
    breaks: "an answer reaches nobody but who has asked",
    file: "packages/wire/src/verify-request.ts",
    from: "reply === undefined || !isBoundReply(subject, reply)",
    to: "reply === undefined",
    shownBy: contractTest(
      "packages/session/test/control.contract.test.ts",
      "is not carried out when its answer would go anywhere but below its own subject",
    ),
  },
  {
    name: "registries have no secret ingest",
    breaks: "a registry is written by those alone who hold its secret",
    file: "packages/registries/src/ingest.ts",
    from: "reveal: () => (secret === undefined ? spec.config : withSecret(spec.config, secret)),",
    to: "reveal: () => spec.config,",
    shownBy: endToEndTest("e2e/security/test/attacks.e2e.test.ts", "is not stored behind a secret ingest"),
  },
  {
    name: "a credential allows other senders",
    breaks: "nobody sends in the name of somebody else",
    file: "packages/trust/src/peer-grants.ts",
    from: `    formatPattern({ kind: "inst", space, target: "*", sender }),
    formatPattern({ kind: "svc"`,
    to: `    formatPattern({ kind: "inst", space, target: "*", sender: "*" }),
    formatPattern({ kind: "svc"`,
    shownBy: unitTest(
      "packages/trust/test/permissions.test.ts",
      "may do what the model says, and nothing else",
    ),
  },
  {
    name: "a revoked credential is renewed",
    breaks: "who was revoked stays out",
    file: "packages/trust/src/renew.ts",
    from: "if (isVoid(account, { id, iat })) {",
    to: "if (isVoid(account, { id, iat }) && exp === 0) {",
    shownBy: unitTest(
      "packages/trust/test/mint.test.ts",
      "is not made for one that was revoked, of another space, or torn",
    ),
  },
];
