import { eventually, openLink } from "@cotal/harness";
import type { AclRecord, Lookup, MemberRecord } from "@cotal/registries";
import { verifies } from "@cotal/requirements";
import { type Link, type Session, store } from "@cotal/session";
import {
  asChannel,
  asChannelPattern,
  CotalError,
  formatSubject,
  type OwnerId,
  serviceName,
} from "@cotal/subjects";
import type { Minted } from "@cotal/trust";
import type { ControlReply } from "@cotal/wire";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { adminOperations } from "../src/admin-operations.ts";
import { serveShard } from "../src/service.ts";
import { createChannels, type SpaceKnowledge } from "../src/service-channels.ts";
import { agentOperations } from "../src/service-operations.ts";
import { type ServiceSpace, shards, space, startServiceSpace } from "./support-service.ts";
import { type ScriptedShard, scriptedShard } from "./support-shard.ts";

const shard = 0;
const service = serviceName.delivery(shard);
const admin = serviceName.deliveryAdmin(shard);

let at: ServiceSpace;
let leader: Link;
let alice: Minted;
let operator: Minted;
let lead: ScriptedLead;

beforeAll(async () => {
  at = await startServiceSpace();
  alice = await at.agent({ shard });
  operator = at.mint({ profile: "operator", name: "tool" });
  leader = openLink(at.broker.url, { as: at.mint({ profile: "delivery", name: "leader" }) });
  await leader.start();
});
afterAll(async () => {
  await leader.stop();
  await at[Symbol.asyncDispose]();
});

/** A leadership that a test ends, and what its actor was asked. */
interface ScriptedLead extends Pick<ScriptedShard, "calls" | "answers" | "members"> {
  rights: ReturnType<SpaceKnowledge["acl"]> | undefined;
  served: number;
  end(): void;
}

async function startLead(session: Session): Promise<ScriptedLead> {
  const over = new AbortController();
  const actor = scriptedShard(shard);
  const { calls, answers, members } = actor;
  const made: ScriptedLead = {
    calls,
    answers,
    members,
    rights: undefined,
    served: 0,
    end: () => over.abort(),
  };
  const knowledge: SpaceKnowledge = {
    acl: (owner) => made.rights ?? { kind: "absent", key: owner, revision: 0 },
    members: () => members,
    configs: () => [[asChannel("team.plans"), { v: 1, description: "plans" }]],
  };
  const order = { shard: actor, shards };
  await serveShard(
    { session, space, leadership: { shard, signal: over.signal } },
    {
      agents: agentOperations({ ...order, channels: createChannels({ session, space, knowledge }) }),
      admin: adminOperations({
        ...order,
        session,
        space,
        servedByAll: async () => made.served,
        report: () => ({ state: "ready" }),
      }),
    },
  );
  return made;
}

beforeEach(async () => {
  const { session } = leader;
  if (!session) throw new Error("the leader is not connected");
  lead = await startLead(session);
  return () => lead.end();
});

const asked = (op: string, args?: unknown, id?: string): Promise<ControlReply> =>
  at.ask(alice, { service, op, args, ...(id !== undefined && { id }) });
const ordered = (op: string, args?: unknown): Promise<ControlReply> =>
  at.ask(operator, { service: admin, op, args });

function codeOf(reply: ControlReply): string {
  return reply.ok ? "ok" : reply.error.code;
}

function dataOf(reply: ControlReply): unknown {
  if (reply.ok) return reply.data;
  throw new Error(`${reply.error.code}: ${reply.error.message}`);
}

function member(owner: OwnerId, channel: string, more: Partial<MemberRecord> = {}): MemberRecord {
  return {
    v: 1,
    channel: asChannel(channel),
    owner,
    state: "durable-active",
    joinCursor: 3,
    activated: true,
    generation: 7,
    writer: { holder: "a", epoch: 1 },
    updatedAt: 0,
    ...more,
  };
}

const reads = (...patterns: string[]): Lookup<AclRecord> => ({
  kind: "found",
  key: "x",
  revision: 1,
  value: { v: 1, allowSubscribe: patterns.map(asChannelPattern), allowPublish: [], epoch: 1, updatedAt: 0 },
});

describe("the service of a shard", () => {
  test("hands what an agent asks to the actor, and its answer back", async () => {
    verifies("DLV-49", "DLV-50", "DLV-53");
    lead.answers.set("join", async () => ({ durable: true, generation: 4 }));
    expect(dataOf(await asked("durableJoin", { channel: "general", since: 12 }))).toEqual({
      durable: true,
      generation: 4,
    });
    expect(dataOf(await asked("durableLeave", { channel: "general", generation: 4 }))).toBeUndefined();
    lead.answers.set("attach", async () => ({ stream: "s", consumer: "c", pending: 2 }));
    expect(dataOf(await asked("attach", { nonce: "n", epoch: 1 }))).toMatchObject({ pending: 2 });
    lead.answers.set("pending", async () => ({ pending: 5, parked: 1 }));
    expect(dataOf(await asked("pending"))).toEqual({ pending: 5, parked: 1 });
    expect(lead.calls).toEqual([
      ["join", alice.id, { channel: "general", since: 12 }],
      ["leave", alice.id, { channel: "general", generation: 4 }],
      ["attach", alice.id, { nonce: "n", epoch: 1, takeover: false }],
      ["pending", alice.id],
    ]);
  });

  test("refuses what does not fit before the actor hears of it", async () => {
    verifies("DLV-49", "DLV-53");
    const refusals: readonly (readonly [op: string, args: unknown, code: string])[] = [
      ["durableJoin", { channel: "team..plans", since: 0 }, "bad-channel"],
      ["durableJoin", { channel: "x".repeat(300), since: 0 }, "bad-channel"],
      ["durableJoin", { channel: "team.>", since: 0 }, "not-concrete"],
      ["durableJoin", { channel: "general" }, "bad-request"],
      ["durableJoin", { channel: "general", since: -1 }, "bad-request"],
      ["durableJoin", { channel: "general", since: 1.5 }, "bad-request"],
      ["durableJoin", { channel: 7, since: 0 }, "bad-request"],
      ["durableJoin", "general", "bad-request"],
      ["durableJoin", undefined, "bad-request"],
      ["durableLeave", { channel: "general" }, "bad-request"],
      ["durableLeave", { channel: "general", generation: null }, "bad-request"],
      ["durableLeave", { channel: "general", generation: "4" }, "bad-request"],
      ["attach", { nonce: "", epoch: 1 }, "bad-request"],
      ["attach", { nonce: "a b", epoch: 1 }, "bad-request"],
      ["attach", { nonce: "n", epoch: 1, takeover: "yes" }, "bad-request"],
      ["attach", { nonce: "n" }, "bad-request"],
      ["members", { channel: "*" }, "not-concrete"],
      ["members", {}, "bad-request"],
      ["drop", {}, "unknown-op"],
      ["constructor", {}, "unknown-op"],
    ];
    for (const [op, args, code] of refusals) {
      expect([op, args, codeOf(await asked(op, args))]).toEqual([op, args, code]);
    }
    expect(lead.calls).toEqual([]);
  });

  test("refuses an owner of another shard, whose leader alone decides for it", async () => {
    const bob = await at.agent({ name: "bob", shard: 1 });
    for (const op of ["durableJoin", "durableLeave", "listMemberships", "attach", "pending"]) {
      const reply = await at.ask(bob, { service, op, args: { channel: "general", since: 0 } });
      expect([op, codeOf(reply)]).toEqual([op, "wrong-shard"]);
    }
    expect(codeOf(await ordered("settle", { owner: bob.id }))).toBe("wrong-shard");
    expect(lead.calls).toEqual([]);
  });

  test("passes on why the actor refuses, and hides what was not foreseen", async () => {
    lead.answers.set("join", async () => {
      throw new CotalError("not-allowed", "no", { hint: "ask" });
    });
    const refused = await asked("durableJoin", { channel: "general", since: 0 });
    expect(refused).toMatchObject({ ok: false, error: { code: "not-allowed", message: "no", hint: "ask" } });
    lead.answers.set("join", async () => {
      throw new TypeError("a secret path");
    });
    const failed = await asked("durableJoin", { channel: "general", since: 0 });
    expect(codeOf(failed)).toBe("internal");
    expect(JSON.stringify(failed)).not.toContain("secret path");
  });

  test("carries a repeated question out once", async () => {
    let number = 0;
    lead.answers.set("join", async () => ({ durable: true, generation: ++number }));
    const replies = await Promise.all(
      [1, 2, 3].map(() => asked("durableJoin", { channel: "general", since: 0 }, "one-question")),
    );
    expect(replies.map(dataOf)).toEqual(Array(3).fill({ durable: true, generation: 1 }));
  });

  test("lists the memberships of whoever asks", async () => {
    lead.members.push(member(alice.id, "general"), member(operator.id, "general"));
    expect(dataOf(await asked("listMemberships"))).toEqual([
      { channel: "general", generation: 7, joinCursor: 3, activated: true },
    ]);
  });

  test("is silent before it is led and after, so that nobody is asked in vain", async () => {
    verifies("DLV-48");
    expect(codeOf(await asked("pending"))).toBe("ok");
    lead.end();
    const gone = async (by: Minted, of: typeof service): Promise<void> => {
      await eventually(async () => {
        const code = await at
          .ask(by, { service: of, op: "pending", args: { owner: alice.id } })
          .then(codeOf, (error: CotalError) => error.code);
        expect(code).toBe("no-responders");
      });
    };
    await gone(alice, service);
    await gone(operator, admin);
  });

  test("of a lead that was lost meanwhile it says only that the outcome is unknown", async () => {
    verifies("DLV-52");
    let finish: (answer: unknown) => void = () => undefined;
    lead.answers.set(
      "join",
      () =>
        new Promise((resolve) => {
          finish = resolve;
        }),
    );
    const answer = asked("durableJoin", { channel: "general", since: 0 });
    await eventually(() => expect(lead.calls.length).toBe(1));
    lead.end();
    finish({ durable: true, generation: 1 });
    expect(codeOf(await answer)).toBe("outcome-unknown");
  });
});

describe("the listing of channels", () => {
  test("shows what the asker may read, and nothing else", async () => {
    const bob = await at.agent({ name: "lister", shard });
    await at.as({ profile: "agent", allowPublish: ["general", "secret"] }, async (session, id) => {
      for (const channel of ["general", "general", "secret"]) {
        await store(session, {
          subject: formatSubject({ kind: "chat", space, sender: id, channel: asChannel(channel) }),
          data: "{}",
        });
      }
    });
    lead.rights = reads("general", "team.>");
    lead.members.push(
      member(alice.id, "general"),
      member(bob.id, "general", { activated: false }),
      member(bob.id, "team.ops"),
      member(bob.id, "secret"),
      member(operator.id, "general", { state: "left", leaveCursor: 4 }),
    );
    expect(dataOf(await asked("channels"))).toEqual([
      { channel: "general", posts: 2, lastSeq: 2, members: 2 },
      { channel: "team.ops", posts: 0, lastSeq: 0, members: 1 },
      { channel: "team.plans", posts: 0, lastSeq: 0, members: 0, config: { v: 1, description: "plans" } },
    ]);
    expect(dataOf(await asked("members", { channel: "general" }))).toEqual([
      { id: alice.id, activated: true },
      { id: bob.id, activated: false },
    ]);
    expect(codeOf(await asked("members", { channel: "secret" }))).toBe("not-allowed");
  });

  test("is refused to whom nothing is known about, and is empty for whom may read nothing", async () => {
    expect(codeOf(await asked("channels"))).toBe("acl-unknown");
    expect(codeOf(await asked("members", { channel: "general" }))).toBe("acl-unknown");
    lead.rights = { kind: "undecodable", key: alice.id, revision: 1, reason: "torn" };
    expect(codeOf(await asked("channels"))).toBe("undecodable");
    lead.rights = reads();
    expect(dataOf(await asked("channels"))).toEqual([]);
  });
});

describe("the service for operators", () => {
  test("narrows, settles and retires owners of the shard, and tells their backlog", async () => {
    lead.answers.set("narrow", async () => ({ epoch: 2, purged: 3, ended: ["team.ops"] }));
    const acl = { allowSubscribe: ["general"], allowPublish: [] };
    expect(dataOf(await ordered("narrow", { owner: alice.id, acl }))).toEqual({
      epoch: 2,
      purged: 3,
      ended: ["team.ops"],
    });
    for (const op of ["settle", "retire", "pending"]) {
      expect(codeOf(await ordered(op, { owner: alice.id }))).toBe("ok");
    }
    expect(dataOf(await ordered("status"))).toEqual({ state: "ready" });
    expect(lead.calls).toEqual([
      ["narrow", alice.id, acl],
      ["settle", alice.id],
      ["retire", alice.id],
      ["pending", alice.id],
    ]);
  });

  test("refuses orders that name nobody, or rights that are none", async () => {
    const refusals: readonly (readonly [op: string, args: unknown, code: string])[] = [
      ["settle", {}, "bad-request"],
      ["settle", { owner: "alice" }, "bad-owner"],
      ["narrow", { owner: alice.id }, "bad-request"],
      ["narrow", { owner: alice.id, acl: [] }, "bad-request"],
      ["narrow", { owner: alice.id, acl: { allowSubscribe: "general", allowPublish: [] } }, "bad-request"],
      ["narrow", { owner: alice.id, acl: { allowSubscribe: [1], allowPublish: [] } }, "bad-request"],
      ["narrow", { owner: alice.id, acl: { allowSubscribe: ["a..b"], allowPublish: [] } }, "bad-pattern"],
      ["narrow", { owner: alice.id, acl: { allowSubscribe: [] } }, "bad-request"],
      ["purgeChannel", { channel: "team.>", throughSeq: 3 }, "not-concrete"],
      ["purgeChannel", { channel: "general" }, "bad-request"],
    ];
    for (const [op, args, code] of refusals) {
      expect([op, args, codeOf(await ordered(op, args))]).toEqual([op, args, code]);
    }
    expect(lead.calls).toEqual([]);
  });

  test("purges a channel up to where every shard has served it, and no further", async () => {
    verifies("DLV-58");
    const stored = await at.as({ profile: "agent", allowPublish: [">"] }, async (session, id) => {
      const seqs: number[] = [];
      for (const channel of ["cut", "kept", "cut", "cut", "cut"]) {
        const subject = formatSubject({ kind: "chat", space, sender: id, channel: asChannel(channel) });
        seqs.push((await store(session, { subject, data: "{}" })).seq);
      }
      return seqs;
    });
    const [first = 0, , third = 0, , last = 0] = stored;
    const cut = asChannel("cut");
    expect(dataOf(await ordered("purgeChannel", { channel: cut, throughSeq: last }))).toEqual({
      throughSeq: 0,
      purged: 0,
    });
    lead.served = third;
    expect(dataOf(await ordered("purgeChannel", { channel: cut, throughSeq: last }))).toEqual({
      throughSeq: third,
      purged: 2,
    });
    expect(dataOf(await ordered("purgeChannel", { channel: cut, throughSeq: first }))).toEqual({
      throughSeq: first,
      purged: 0,
    });
    lead.rights = reads("cut", "kept");
    expect(dataOf(await asked("channels"))).toMatchObject([
      { channel: "cut", posts: 2 },
      { channel: "kept", posts: 1 },
    ]);
  });
});
