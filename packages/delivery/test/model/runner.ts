import { eventually } from "@cotal/harness";
import { defaultQuota } from "../../src/core/quota.ts";
import type { Step } from "./history.ts";
import { type StartLeader, startLeader } from "./leader.ts";
import { enterMember, type Member } from "./member.ts";
import { move, read, retire, writeRights } from "./moves.ts";
import { channelNames, liveChannel, ownerNames, rightsNames } from "./names.ts";
import { judge } from "./reference.ts";
import { Stage } from "./stage.ts";
import type { World } from "./world.ts";

/** Plays a history with the real engine and tells what went wrong. */
export async function play(
  world: World,
  steps: readonly Step[],
  lead: StartLeader = startLeader,
): Promise<readonly string[]> {
  const number = world.nextNumber();
  const names = ownerNames.map((name) => `${name}-${number}`);
  const rights = rightsNames(number);
  const minted = await world.provision(names, rights[0] ?? []);
  const members = await Promise.all(minted.map((one, at) => enterMember(world, names[at] ?? "", one)));
  const channels = channelNames(number);
  const cast = { members, rights, channels, quota: defaultQuota, lead };
  const stage = new Stage(world, cast, await world.chatLast());
  try {
    for (const { name: owner } of members) {
      stage.note({ kind: "rights", owner, channels: rights[0], settled: false });
    }
    for (const step of steps) await move(stage, step);
    await finish(stage);
    const durable = channels.filter((name) => name !== liveChannel);
    const wrong = stage.histories.flatMap((history) => judge({ ...history, durable }));
    await clear(stage);
    await stage.end();
    return [...wrong, ...stage.wrong];
  } finally {
    await stage.end();
    await Promise.all(members.map((member) => member[Symbol.asyncDispose]()));
  }
}

/** Everything is served, and everybody takes whatever there is. */
async function finish(stage: Stage): Promise<void> {
  await stage.calm();
  await stage.rest();
  for (const member of stage.cast.members) {
    if (!stage.retired.has(member)) await readAll(stage, member);
  }
}

async function readAll(stage: Stage, member: Member): Promise<void> {
  await eventually(async () => (await read(stage, member, { count: 100, ackAll: true })) === 0, {
    what: `the end of what ${member.name} has waiting`,
  });
}

/** Of whom is retired nothing is left. */
async function clear(stage: Stage): Promise<void> {
  for (const member of stage.cast.members) {
    if (!stage.retired.has(member) && !(await retire(stage, member))) {
      // Rights that cannot be read cannot be taken back.
      await writeRights(stage, member, []);
      await eventually(() => retire(stage, member), { what: `the retirement of ${member.name}` });
    }
    const left = await stage.world.leftOf(member.minted.id, member.shard);
    if (left.length > 0) stage.complain(`${member.name}: ${left.join()} is left of it`);
  }
}
