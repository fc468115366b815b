import { connectEndpoint, type Endpoint } from "@cotal/endpoint";
import type { MemoryBroker } from "@cotal/harness";
import type { FakeClock } from "@cotal/session/testing";
import type { Random } from "./day-random.ts";
import { space } from "./space.ts";

/** Where a day takes place. */
export interface Stage {
  readonly clock: FakeClock;
  readonly broker: MemoryBroker;
  readonly random: Random;
}

/** The channel that everybody is in. */
export const home = "general";

export function connectTo({ broker, clock }: Stage, name: string): Promise<Endpoint> {
  return connectEndpoint({
    space,
    servers: broker.url,
    auth: { kind: "open" },
    card: { name, role: "worker" },
    channels: [home],
    clock,
    transport: broker.transport,
  });
}
