import { setTimeout as pause } from "node:timers/promises";
import { connectEndpoint, type Endpoint } from "@cotal/endpoint";
import { createScope, type Scope, silentLog, systemClock } from "@cotal/session";
import type { SideName } from "../space/receiver-calls.ts";
import { receiveQueue, receiveTexts } from "../space/receivers.ts";
import { createTally, type Tally } from "../space/tally.ts";
import type { CrowdCalls } from "./crowd-calls.ts";

/** Many endpoints and bare clients that receive, and note when they do. */
export interface Crowd extends CrowdCalls {
  close(): Promise<void>;
}

export function createCrowd(): Crowd {
  const tallies = { ours: createTally(), raw: createTally() };
  const faults: unknown[] = [];
  const scopeOf = (): Scope => createScope({ clock: systemClock, onFault: (_, error) => faults.push(error) });
  const scopes = { ours: scopeOf(), raw: scopeOf() };
  const part = async (side: SideName): Promise<void> => {
    await scopes[side].dispose();
    scopes[side] = scopeOf();
  };
  return {
    gather: async (members) => {
      for (const options of members) {
        const endpoint = await connectEndpoint({ ...options, log: silentLog });
        scopes.ours.defer(() => endpoint.stop());
        endpoint.on("gap", (gap) => faults.push(new Error(`a gap: ${JSON.stringify(gap)}`)));
        receiveTexts(endpoint, inOrder(tallies.ours));
        await held(endpoint);
      }
    },
    gatherRaw: async ({ access, stream, consumers }) => {
      for (const consumer of consumers) {
        scopes.raw.defer(await receiveQueue(access, { stream, consumer }, tallies.raw));
      }
    },
    expect: async ({ side, count }) => tallies[side].expect(count),
    arrived: async (side) => {
      const arrivals = await tallies[side].complete();
      if (faults.length > 0) throw faults[0];
      return arrivals;
    },
    part,
    close: async () => {
      await Promise.all([part("ours"), part("raw")]);
    },
  };
}

/** What one receiver gets has to come in the order in which it was sent. */
function inOrder({ note }: Tally): Pick<Tally, "note"> {
  let last = 0n;
  return {
    note: (sentAt) => {
      if (sentAt < last) throw new Error("a message came before one that was sent earlier");
      last = sentAt;
      note(sentAt);
    },
  };
}

const lookMs = 5;

/** Until every channel it is in is durable for it, and its copies come. */
async function held(endpoint: Endpoint): Promise<void> {
  const isHeld = (): boolean => {
    const { delivery, channels } = endpoint.health();
    return delivery === "ready" && channels.every(({ durable }) => durable === "held");
  };
  while (!isHeld()) {
    if (endpoint.state === "stopped") throw new Error("a member has stopped");
    await pause(lookMs);
  }
}
