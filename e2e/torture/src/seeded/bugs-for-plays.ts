import type { SeededBug } from "./seeded-bug.ts";

/** Faults that peers feel who live on the mesh while things break. */
export const bugsForPlays: readonly SeededBug[] = [
  {
    name: "nothing handed over is remembered",
    breaks: "what was heard live is handed over again when its copy comes",
    file: "packages/endpoint/src/ledger.ts",
    from: `    if (before?.kind === "done") {
      copy.answer(before.disposition);
      return;
    }
`,
    to: "",
    shownBy: { kind: "play", seed: 1, seconds: 5, faults: ["connection cut"], caughtAs: ["repetition"] },
  },
  {
    name: "each 97th copy is left out",
    breaks: "what is kept for a member that is away is all that was posted",
    file: "packages/delivery/src/post-router.ts",
    from: "return [copy({ owner, reason, generation })];",
    to: "return seq % 97 === 0 ? [] : [copy({ owner, reason, generation })];",
    shownBy: { kind: "play", seed: 2, seconds: 30, faults: ["connection refused"], caughtAs: ["loss"] },
  },
  {
    name: "a new leader begins at the end of the channels",
    breaks: "a leader goes on where the one before has stopped",
    file: "packages/delivery/src/take-over.ts",
    from: "const { chatSeq = bounds.lastSeq, after, lastStoredAt = 0 } = checkpoint ?? {};",
    to: "const { lastSeq: chatSeq } = bounds;\n  const { after, lastStoredAt = 0 } = checkpoint ?? {};",
    shownBy: { kind: "play", seed: 3, seconds: 20, faults: ["everything killed"], caughtAs: ["loss"] },
  },
  {
    name: "queues are not bound again",
    breaks: "after a new connection direct messages and tasks come as before",
    file: "packages/endpoint/src/queues.ts",
    from: "await Promise.all(queues.map((queue) => bind(session, queue)));",
    to: "if (session.epoch === 1) await Promise.all(queues.map((queue) => bind(session, queue)));",
    shownBy: { kind: "play", seed: 4, seconds: 5, faults: ["connection cut"], caughtAs: ["loss"] },
  },
  {
    name: "status trusts its file",
    breaks: "status asks processes, not what they have written down",
    file: "apps/cotal/src/manager/manager-note.ts",
    from: "return isRunning(note) ? note : undefined;",
    to: "return note;",
    shownBy: { kind: "play", seed: 5, seconds: 15, faults: ["manager killed"], caughtAs: ["status"] },
  },
  {
    name: "a name means whoever is seen first",
    breaks: "what is sent to a peer reaches that peer and nobody else",
    file: "packages/wire/src/resolve-peer.ts",
    from: 'const sameName = wanted === "" ? [] : peers.filter(({ name }) => compared(name) === wanted);',
    to: "const sameName = peers.filter((peer) => peer.live).slice(0, 1);",
    shownBy: { kind: "play", seed: 6, seconds: 3, faults: ["connection slow"], caughtAs: ["leak"] },
  },
  {
    name: "copies of one batch are turned round",
    breaks: "what one peer posts to one channel is kept in its order",
    file: "packages/delivery/src/core/batch-plan.ts",
    from: "return { messages: outgoing.map(({ message }) => message), outgoing, bytes, position };",
    to: "return { messages: [], outgoing: outgoing.toReversed(), bytes, position };",
    shownBy: { kind: "play", seed: 7, seconds: 20, faults: ["everything killed"], caughtAs: ["order"] },
  },
  {
    name: "the quota is measured too small",
    breaks: "nothing is cut from what waits within its bounds",
    file: "packages/delivery/src/core/quota.ts",
    from: "copies: 50_000,",
    to: "copies: 20,",
    shownBy: { kind: "play", seed: 8, seconds: 15, faults: ["connection refused"], caughtAs: ["gap"] },
  },
  {
    name: "some who beat are left out of the digest",
    breaks: "everybody sees everybody who is there",
    file: "packages/delivery/src/digest.ts",
    from: "beating: keys.filter(isOwnerId),",
    to: "beating: keys.filter(isOwnerId).slice(2),",
    shownBy: { kind: "play", seed: 9, seconds: 75, faults: ["connection slow"], caughtAs: ["presence"] },
  },
  {
    name: "a send does not wait for the broker",
    breaks: "what a sender was told is stored is stored",
    file: "packages/endpoint/src/sending.ts",
    from: "const { stream, seq, duplicate } = await store(session, { subject, data: bytes, headers, timeoutMs });",
    to: `const stored = { stream: "", seq: 1, duplicate: false };
      void store(session, { subject, data: bytes, headers, timeoutMs }).catch(() => stored);
      const { stream, seq, duplicate } = stored;`,
    shownBy: { kind: "play", seed: 10, seconds: 10, faults: ["broker killed"], caughtAs: ["loss"] },
  },
  {
    name: "what had no answer is sent again under another id",
    breaks: "a message that is sent again is still one message",
    file: "packages/endpoint/src/sending.ts",
    from: "await publish(session, given);",
    to: "await publish(session, attempt === 1 ? given : { id: freshId(), options });",
    shownBy: {
      kind: "play",
      seed: 11,
      seconds: 15,
      faults: ["broker killed", "connection cut"],
      caughtAs: ["leak", "loss"],
    },
  },
];
