import { setTimeout as pause } from "node:timers/promises";
import { connectEndpoint, type Endpoint, type EndpointOptions } from "@cotal/endpoint";
import { silentLog } from "@cotal/session";

/** A peer that handles what comes, and knows how much that was. */
export interface HerdMember {
  readonly endpoint: Endpoint;
  readonly handled: number;
}

export async function connectMember(options: EndpointOptions): Promise<HerdMember> {
  const endpoint = await connectEndpoint({ ...options, log: silentLog, retryFirst: true });
  let handled = 0;
  endpoint.onMessage(async () => {
    handled++;
  });
  return {
    endpoint,
    get handled() {
      return handled;
    },
  };
}

const lookMs = 100;
const patienceMs = 600_000;

/** Waits until all of them are so far, and names the first that is not in time. */
export async function untilEach(
  members: readonly HerdMember[],
  isSoFar: (member: HerdMember) => boolean,
): Promise<void> {
  const until = performance.now() + patienceMs;
  for (const member of members) {
    while (!isSoFar(member)) {
      if (performance.now() > until) throw new Error(`${member.endpoint.ref.name} is not so far in time`);
      await pause(lookMs);
    }
  }
}

/** How many peers it sees alive that have said so since. */
export function seenSince({ endpoint }: HerdMember, since: number): number {
  return endpoint.roster().filter(({ live, presence }) => live && (presence?.ts ?? 0) >= since).length;
}
