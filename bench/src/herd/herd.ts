import { connectRaw, type RawAccess } from "../space/raw-access.ts";
import type { HerdCalls } from "./herd-calls.ts";
import { connectMember, type HerdMember, seenSince, untilEach } from "./herd-member.ts";

/** Many peers, or bare clients, in one process. */
export interface Herd extends HerdCalls {
  close(): Promise<void>;
}

/** More at once do not connect sooner, and none should wait for the others until its dial is given up. */
const atOnce = 16;

export function createHerd(): Herd {
  const members: HerdMember[] = [];
  const clients: { close(): Promise<void> }[] = [];
  const part = async (): Promise<void> => {
    await Promise.all(members.splice(0).map(({ endpoint }) => endpoint.stop()));
    await Promise.all(clients.splice(0).map((client) => client.close()));
  };
  return {
    gather: (all) => inLanes(all, async (options) => void members.push(await connectMember(options))),
    complete: ({ peers, since }) => untilEach(members, (member) => seenSince(member, since) === peers),
    handled: async () => {
      await untilEach(members, ({ handled }) => handled > 0);
      return members.map(({ handled }) => handled);
    },
    gatherRaw: ({ access, count }) =>
      inLanes(
        Array.from({ length: count }, () => access),
        async (one: RawAccess) => {
          const connection = await connectRaw(one);
          clients.push(connection);
          await connection.flush();
        },
      ),
    part,
    close: part,
  };
}

async function inLanes<T>(things: readonly T[], work: (thing: T) => Promise<void>): Promise<void> {
  const left = things.values();
  const lane = async (): Promise<void> => {
    for (const thing of left) await work(thing);
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
}
