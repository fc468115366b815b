import { contractTest, type SeededBug, unitTest } from "./seeded-bug.ts";

/** Faults of whoever keeps messages for members that are away. */
export const bugsOfDelivery: readonly SeededBug[] = [
  {
    name: "a commit names no checkpoint",
    breaks: "who was deposed stores nothing any more",
    file: "packages/delivery/src/fenced-writer.ts",
    from: 'const fields = { "Nats-Rollup": "sub", "Nats-Expected-Last-Subject-Sequence": String(fence) };',
    to: 'const fields = { "Nats-Rollup": "sub" };',
    shownBy: contractTest(
      "packages/delivery/test/fenced-writer.contract.test.ts",
      "who does not know the last checkpoint stores nothing, neither copies nor checkpoint",
    ),
  },
  {
    name: "the checkpoint is written before the batch",
    breaks: "a position holds together with the copies below it",
    file: "packages/delivery/src/fenced-writer.ts",
    from: "if (messages.length === 0) return await sendAlone(session, { subject, data, headers: fields, timeoutMs });",
    to: `const alone = await sendAlone(session, { subject, data, headers: fields, timeoutMs });
  if (messages.length === 0 || alone.kind !== "committed") return alone;`,
    shownBy: contractTest(
      "packages/delivery/test/fenced-writer.contract.test.ts",
      "copies and checkpoint are stored together, and the answer is the next fence",
    ),
  },
  {
    name: "a take-over does not seal",
    breaks: "from its take-over on nobody but the new leader writes",
    file: "packages/delivery/src/take-over.ts",
    from: "await writer.commit([], { ...checkpoint, epoch });",
    to: "",
    shownBy: contractTest(
      "packages/delivery/test/rights-orders.contract.test.ts",
      "is not answered by a leader that was deposed meanwhile, and the next one settles it",
    ),
  },
  {
    name: "a purge knows no fence",
    breaks: "a leader that was deposed removes nothing that its successor has stored",
    file: "packages/delivery/src/shard-stream.ts",
    from: "seq: Math.min(upTo, fence()) + 1,",
    to: "...(Number.isFinite(upTo) && { seq: upTo + 1 }),",
    shownBy: contractTest(
      "packages/delivery/test/rights-orders.contract.test.ts",
      "however late, takes nothing of what the next leader has stored",
    ),
  },
  {
    name: "rights are answered before they are sealed",
    breaks: "who was told that rights are narrowed can rely on it",
    file: "packages/delivery/src/rights-orders.ts",
    from: `  await turn.commit();
  turn.reconsider(owner);`,
    to: "  turn.reconsider(owner);",
    shownBy: contractTest(
      "packages/delivery/test/rights-orders.contract.test.ts",
      "is not answered by a leader that was deposed meanwhile, and the next one settles it",
    ),
  },
  {
    name: "a join is answered before its copies are stored",
    breaks: "who was told that its membership is held is held",
    file: "packages/delivery/src/member-orders.ts",
    from: "  await turn.commit(past.posts.map(",
    to: "  void turn.commit(past.posts.map(",
    shownBy: contractTest(
      "packages/delivery/test/member-orders.contract.test.ts",
      "is made anew by the next leader where the one before had still to copy what is past",
    ),
  },
  {
    name: "a join is whole before its copies are stored",
    breaks: "who takes over serves all that a membership is due",
    file: "packages/delivery/src/member-orders.ts",
    from: "    activated: past.posts.length === 0,",
    to: "    activated: true,",
    shownBy: contractTest(
      "packages/delivery/test/member-orders.contract.test.ts",
      "is made anew by the next leader where the one before had still to copy what is past",
    ),
  },
  {
    name: "what a deposed leader has begun late is taken for held",
    breaks: "who was told that its membership is held is held",
    file: "packages/delivery/src/stray-joins.ts",
    from: "(!value.activated || revision > loaded)",
    to: "!value.activated",
    shownBy: contractTest(
      "packages/delivery/test/upkeep.contract.test.ts",
      "is nothing to rely on for who asks in the meantime",
    ),
  },
  {
    name: "the generation of a membership is ignored",
    breaks: "a copy for an earlier membership is none for a later one",
    file: "packages/delivery/src/core/authorise.ts",
    from: 'if (membership.generation !== generation) return { kind: "drop", reason: "other-generation" };',
    to: "",
    shownBy: unitTest(
      "packages/delivery/test/core/authorise.test.ts",
      "only within rights, generation and interval",
    ),
  },
  {
    name: "the right to read is not asked for a copy",
    breaks: "what a peer may not read is not stored for it",
    file: "packages/delivery/src/core/authorise.ts",
    from: 'if (!acl.covers(channel)) return { kind: "drop", reason: "not-allowed" };',
    to: "",
    shownBy: contractTest(
      "packages/delivery/test/shard-actor.contract.test.ts",
      "a mention stores a copy for whoever may read it, and its right is looked up before that is denied",
    ),
  },
  {
    name: "a retired peer keeps its rights",
    breaks: "a retired peer is given nothing more",
    file: "packages/delivery/src/core/authorise.ts",
    from: "covers: compileAllow(retired ? [] : allowSubscribe)",
    to: "covers: compileAllow(allowSubscribe)",
    shownBy: unitTest(
      "packages/delivery/test/core/authorise.test.ts",
      "not once it is retired, whatever else its record says",
    ),
  },
  {
    name: "the place of a leave is forgotten",
    breaks: "who has left gets what was posted until then",
    file: "packages/registries/src/members.ts",
    from: "(leaveCursor === undefined || seq <= leaveCursor)",
    to: "leaveCursor === undefined",
    shownBy: contractTest(
      "packages/delivery/test/member-orders.contract.test.ts",
      "to leave and join again takes nothing of what was due before, whoever leads by then",
    ),
  },
  {
    name: "narrowed rights end no membership",
    breaks: "what was narrowed and widened again is not resumed",
    file: "packages/delivery/src/core/settle-plan.ts",
    from: 'state !== "left" && isOutside(channel)',
    to: 'state !== "left" && isOutside(channel) && false',
    shownBy: contractTest(
      "packages/delivery/test/rights-orders.contract.test.ts",
      "and widened again, nothing is resumed",
    ),
  },
  {
    name: "a quota cuts in silence",
    breaks: "what the quota cuts is told as a gap",
    file: "packages/delivery/src/core/quota.ts",
    from: "const gaps = gapsOf([...gone, ...skipped], reason);",
    to: "const gaps = gapsOf([], reason);",
    shownBy: contractTest(
      "packages/delivery/test/backlogs.contract.test.ts",
      "with a quota of 500 exactly the newest 500 wait, and one marker names the rest",
    ),
  },
  {
    name: "what is cut is removed before it is told",
    breaks: "a loss is announced before it is made",
    file: "packages/delivery/src/backlogs.ts",
    from: `    await owe(owner, gaps);
    stats.gaps += gaps.length;
    await session.faults.reach(shardFault.betweenMarkerAndPurge);
    if (purgeUpTo > 0) await stream.purgeCopies(owner, { upTo: purgeUpTo });
`,
    to: `    if (purgeUpTo > 0) await stream.purgeCopies(owner, { upTo: purgeUpTo });
    await session.faults.reach(shardFault.betweenMarkerAndPurge);
    await owe(owner, gaps);
    stats.gaps += gaps.length;
`,
    shownBy: contractTest(
      "packages/delivery/test/backlogs.contract.test.ts",
      "the marker is stored before anything is removed",
    ),
  },
  {
    name: "what cannot be decided is dropped",
    breaks: "a mention of a peer whose rights are not known waits for them",
    file: "packages/delivery/src/post-router.ts",
    from: "return [parking.park(owner, { seq, reason, generation }) ?? []].flat();",
    to: "return [];",
    shownBy: contractTest(
      "packages/delivery/test/parked-reader.contract.test.ts",
      "what is for a peer of unknown rights waits, in order, and nobody else waits with it",
    ),
  },
  {
    name: "a lease is stale at once",
    breaks: "a leader that renews its lease keeps it",
    file: "packages/registries/src/lease-state.ts",
    from: "uptime - next.since >= leaseStaleMs",
    to: "uptime - next.since >= leaseStaleMs / 100",
    shownBy: unitTest(
      "packages/registries/test/lease-state.test.ts",
      "never calls a lease stale that changed within 30 s, whatever times it holds",
    ),
  },
];
