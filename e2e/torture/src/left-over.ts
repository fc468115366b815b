import { parrot } from "./cast.ts";
import { rest, type Stage } from "./stage.ts";

/** So long may what has ended take to be forgotten. */
const forgottenMs = 60_000;

/** While all peers are there, and have been handed everything: what is kept for one all the same. */
export async function lookForBacklogs(stage: Stage): Promise<void> {
  await settled(stage, async () => {
    const backlogs: string[] = [];
    for (const { actor } of stage.peers) {
      const { pending, parked } = await stage.mesh.order("pending", actor.name);
      if (pending + parked > 0)
        backlogs.push(`for ${actor.name}, who was handed all, ${pending} wait, and ${parked} are parked`);
    }
    return backlogs;
  });
}

/** When all peers have ended: what is still there of them, and of what was removed. */
export async function lookForLeftOvers(stage: Stage, hasAgents: boolean): Promise<void> {
  const { mesh, onViolation, onStep } = stage;
  onStep("looking for what is left over");
  await settled(stage, () => stillThere(stage, hasAgents));
  if (hasAgents) await mesh.order("rm", parrot, "--yes");
  await mesh[Symbol.asyncDispose]();
  const strays = await mesh.strays();
  for (const stray of strays) onViolation({ of: "left-over", text: `after down, there runs ${stray}` });
}

async function settled(stage: Stage, look: () => Promise<readonly string[]>): Promise<void> {
  const until = performance.now() + forgottenMs;
  for (;;) {
    const left = await look().catch((error) => [`nobody could look: ${String(error)}`]);
    if (left.length === 0) return;
    if (performance.now() > until) {
      for (const text of left) stage.onViolation({ of: "left-over", text });
      return;
    }
    await rest(stage, 1_000);
  }
}

async function stillThere({ mesh, peers, roads }: Stage, hasAgents: boolean): Promise<readonly string[]> {
  const names = peers.map(({ actor }) => actor.name);
  const { peers: seen } = (await mesh.order("who")) as { peers: { name: string; live: boolean }[] };
  const { seats } = (await mesh.order("ps")) as { seats: { name: string }[] };
  return [
    ...seen
      .filter(({ name, live }) => live && names.includes(name))
      .map(({ name }) => `${name} is seen, and has ended`),
    ...seen
      .filter(({ name }) => name.startsWith("guest"))
      .map(({ name }) => `${name} was removed, and is a peer`),
    ...seats
      .filter(({ name }) => !(hasAgents && name === parrot))
      .map(({ name }) => `there is an agent ${name}`),
    ...[...roads].flatMap(([{ actor }, road]) =>
      road.connections === 0 ? [] : [`${actor.name} has ended, and has ${road.connections} connections`],
    ),
  ];
}
