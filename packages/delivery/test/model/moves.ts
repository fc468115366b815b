import { eventually } from "@cotal/harness";
import { asChannel, asChannelPattern } from "@cotal/subjects";
import { shardFault } from "../../src/shard-fault.ts";
import type { Step } from "./history.ts";
import { anywhere } from "./leader.ts";
import type { Member } from "./member.ts";
import { type Outcome, patienceMs, type Stage } from "./stage.ts";

type Of<Kind extends Step["kind"]> = Extract<Step, { readonly kind: Kind }>;

/** Does one step, and notes what came of it. What makes no sense at the moment is left out. */
export async function move(stage: Stage, step: Step): Promise<void> {
  switch (step.kind) {
    case "publish":
      return await publish(stage, step);
    case "burst":
      return await burst(stage, step);
    case "join":
      return await join(stage, step);
    case "leave":
      return await leave(stage, step);
    case "narrow":
      return await narrow(stage, step);
    case "rewrite":
      return await rewrite(stage, step);
    case "settle":
      return await settle(stage, step);
    case "retire":
      return await withMember(stage, step.owner, async (member) => {
        await retire(stage, member);
      });
    case "read":
      return await withMember(stage, step.owner, async (member) => {
        await read(stage, member, step);
      });
    case "rest":
      return await stage.rest();
    case "evict":
      return await evict(stage, step);
    case "break":
      return await stage.breakDown("keep");
    case "save":
      return await stage.breakDown("save");
    case "restore":
      return await restore(stage, step);
    case "stop-at":
    case "crash":
    case "stand-still":
    case "usurp":
    case "cut":
      return await trouble(stage, step);
  }
}

async function withMember(
  stage: Stage,
  number: number,
  act: (member: Member) => Promise<void>,
): Promise<void> {
  const member = stage.member(number);
  if (member) await act(member);
}

async function publish(stage: Stage, { by, channel, mentions }: Of<"publish">): Promise<void> {
  await withMember(stage, by, async (sender) => {
    const names = mentions.flatMap((number) => stage.cast.members[number]?.name ?? []);
    const name = channelOf(stage, channel);
    const text = `post ${stage.world.nextNumber()}`;
    const seq = await sender.publish(name, names, text);
    stage.posted({ seq, text, sender: sender.name, channel: name, mentions: names });
  });
}

/** So many at once that they do not fit into one batch with what comes before and after. */
async function burst(stage: Stage, { by, channel, count }: Of<"burst">): Promise<void> {
  await withMember(stage, by, async (sender) => {
    const name = channelOf(stage, channel);
    const texts = Array.from({ length: count }, () => `post ${stage.world.nextNumber()}`);
    const stored = await Promise.all(
      texts.map(async (text) => ({ text, seq: await sender.publish(name, [], text) })),
    );
    stored.sort((a, b) => a.seq - b.seq);
    for (const post of stored) stage.posted({ ...post, sender: sender.name, channel: name, mentions: [] });
  });
}

async function join(stage: Stage, { owner, channel, back }: Of<"join">): Promise<void> {
  await withMember(stage, owner, async (member) => {
    const name = channelOf(stage, channel);
    // Posts of earlier histories are nobody's business here.
    const since = Math.max(stage.frontier - back, stage.begin);
    const tie = { owner: member.name, channel: name };
    const outcome = await stage.ask(member.shard, (shard) =>
      shard.join(member.minted.id, { channel: asChannel(name), since }),
    );
    const isHeld = outcome.kind === "answered" && outcome.value.durable;
    if (isHeld || outcome.kind === "unanswered")
      stage.note({ kind: "join", ...tie, since, answered: isHeld });
    // That something has gone is said of no membership that holds.
    else if (outcome.kind === "answered") stage.note({ kind: "leave", ...tie, answered: true });
  });
}

async function leave(stage: Stage, { owner, channel }: Of<"leave">): Promise<void> {
  await withMember(stage, owner, async (member) => {
    const name = asChannel(channelOf(stage, channel));
    const { id } = member.minted;
    const outcome = await stage.ask(member.shard, async (shard) => {
      const tie = (await shard.memberships(id)).find((one) => one.channel === name);
      await shard.leave(id, { channel: name, generation: tie?.generation ?? 0 });
    });
    if (outcome.kind === "refused") stage.complain(`${member.name}: a leave is refused with ${outcome.code}`);
    else
      stage.note({ kind: "leave", owner: member.name, channel: name, answered: outcome.kind === "answered" });
  });
}

/** Rights that may have been taken by an order without an answer are written anew, so that they are known. */
async function narrow(stage: Stage, { owner, rights }: Of<"narrow">): Promise<void> {
  await withMember(stage, owner, async (member) => {
    const channels = stage.cast.rights[rights] ?? [];
    const given = { allowSubscribe: channels.map(asChannelPattern), allowPublish: [] };
    const outcome = await stage.ask(member.shard, (shard) => shard.narrow(member.minted.id, given));
    if (outcome.kind === "refused") return;
    const settled = outcome.kind === "answered";
    stage.note({ kind: "rights", owner: member.name, channels, settled });
    if (settled) return;
    await stage.replace("silenced");
    await writeRights(stage, member, channels);
  });
}

async function rewrite(stage: Stage, { owner, rights }: Of<"rewrite">): Promise<void> {
  await withMember(stage, owner, (member) =>
    writeRights(stage, member, rights === "unreadable" ? undefined : (stage.cast.rights[rights] ?? [])),
  );
}

export async function writeRights(
  stage: Stage,
  member: Member,
  channels: readonly string[] | undefined,
): Promise<void> {
  const record = {
    v: 1,
    allowSubscribe: channels,
    allowPublish: [],
    // Above all that narrowing can have reached.
    epoch: stage.world.nextNumber() * 1_000,
    updatedAt: 0,
  };
  await stage.world.writeRights(member.minted.id, channels ? JSON.stringify(record) : '{"v":99}');
  stage.note({ kind: "rights", owner: member.name, channels, settled: false });
}

async function settle(stage: Stage, { owner }: Of<"settle">): Promise<void> {
  await withMember(stage, owner, async (member) => {
    const outcome = await stage.ask(member.shard, (shard) => shard.settle(member.minted.id));
    if (outcome.kind === "answered") stage.note({ kind: "settled", owner: member.name });
  });
}

/** Asks until it is answered, for who is retired must not come back. Answers whether that could be done. */
export async function retire(stage: Stage, member: Member): Promise<boolean> {
  const { name: owner, minted, shard: number } = member;
  const outcome = await eventually(
    async () => {
      const asked: Outcome<unknown> = await stage.ask(number, (shard) => shard.retire(minted.id));
      if (asked.kind !== "refused")
        stage.note({ kind: "retired", owner, answered: asked.kind === "answered" });
      return asked.kind !== "unanswered" && asked;
    },
    { timeoutMs: patienceMs, what: `an answer to the retirement of ${owner}` },
  );
  if (outcome.kind === "answered") stage.retired.add(member);
  return outcome.kind === "answered";
}

/** How many were handed out; nothing when there was no place to take them from. */
export async function read(
  stage: Stage,
  member: Member,
  page: { readonly count: number; readonly ackAll: boolean },
): Promise<number | undefined> {
  const epoch = stage.world.nextNumber();
  const order = { nonce: member.name, epoch, takeover: true };
  const outcome = await stage.ask(member.shard, (shard) => shard.attach(member.minted.id, order));
  if (outcome.kind !== "answered") return undefined;
  const items = await member.read({ ...outcome.value, ...page });
  for (const item of items) stage.note({ kind: "receipt", owner: member.name, item });
  return items.length;
}

/** Posts go while nobody leads, so that some may never be looked at. */
async function evict(stage: Stage, { keep }: Of<"evict">): Promise<void> {
  stage.expectLosses();
  const leader = await stage.leader();
  await leader.kill();
  await stage.world.evict(keep);
  await stage.replace("killed");
}

/** The broker comes back with an older CHAT, and somebody posts to that before anybody leads. */
async function restore(stage: Stage, { posts }: Of<"restore">): Promise<void> {
  if (!stage.isSaved) return;
  await (await stage.leader()).kill();
  await stage.breakDown("restore");
  for (let count = 0; count < posts; count++) {
    await publish(stage, { kind: "publish", by: 0, channel: 0, mentions: [] });
  }
  await stage.replace("killed");
}

async function trouble(
  stage: Stage,
  step: Of<"stop-at" | "crash" | "stand-still" | "usurp" | "cut">,
): Promise<void> {
  const leader = await stage.leader();
  switch (step.kind) {
    case "stop-at":
      // The leader is past its beginning, so another has to begin.
      if (step.point === shardFault.beforeLead || step.point === shardFault.afterLoad) await stage.lead(step);
      else stage.arm(step);
      return;
    case "crash":
      await stage.replace("killed");
      return;
    case "stand-still":
      stage.arm({ point: anywhere, wakes: true });
      return;
    case "usurp":
      await stage.lead();
      return;
    case "cut":
      leader.cut();
  }
}

function channelOf({ cast }: Stage, number: number): string {
  return cast.channels[number] ?? "";
}
