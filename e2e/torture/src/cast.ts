import type { Lane } from "./journal.ts";

/** A peer of the play: what it may do, and where it listens. */
export interface Actor {
  readonly name: string;
  readonly role?: string;
  readonly channels: readonly string[];
  /** Where it sends. */
  readonly lanes: readonly [Lane, ...Lane[]];
}

export const durableChannel = "team";
export const liveChannel = "chatter";
/** Only some may read it. */
export const closedChannel = "vault";
/** The right to read and to post there is taken away and given back. */
export const changingChannel = "lab";
/** An agent of the host that answers what is sent to it alone. */
export const parrot = "parrot";
/** Its credential ends soon, again and again, unless somebody renews it. */
export const mortal = "eve";
export const mortalSeconds = 60;
const role = "work";

const everyone = ["ann", "ben", "cleo", "dan", "eve"] as const;
const trusted: ReadonlySet<string> = new Set(["ann", "ben"]);
const workers: ReadonlySet<string> = new Set(["cleo", "dan", "eve"]);

function actorOf(name: string): Actor {
  const others = everyone.filter((other) => other !== name).map((other): Lane => `@${other}`);
  const closed = trusted.has(name);
  return {
    name,
    ...(workers.has(name) && { role }),
    channels: [durableChannel, liveChannel, changingChannel, ...(closed ? [closedChannel] : [])],
    lanes: [
      `#${durableChannel}`,
      `#${liveChannel}`,
      `#${changingChannel}`,
      `%${role}`,
      ...others,
      ...(closed ? [`#${closedChannel}` as const] : []),
    ],
  };
}

const [first, ...others] = everyone;
export const actors: readonly [Actor, ...Actor[]] = [actorOf(first), ...others.map(actorOf)];

/** Who is to get what is sent there. */
export function audience(lane: Lane, sender: string): readonly string[] {
  const target = lane.slice(1);
  // What an agent was sent, it notes nowhere: it is known by its answer.
  if (lane.startsWith("@")) return target === parrot ? [] : [target];
  const hears = ({ name, role: own, channels }: Actor): boolean =>
    lane.startsWith("%") ? own === target : name !== sender && channels.includes(target);
  return actors.filter(hears).map(({ name }) => name);
}
