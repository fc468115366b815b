import { openLink } from "@cotal/harness";
import { type Crew, createCrew } from "./daemon-crew.ts";
import type { StartLeader } from "./leader.ts";
import { createPrograms } from "./programs.ts";
import type { Asker } from "./service-orders.ts";

/** Whole daemons, as they are run: with their leases and services, each waiting for what another leads. */
export interface Daemons extends AsyncDisposable {
  /** One more joins those that there are; they go on from one history to the next. */
  readonly start: StartLeader;
}

export function createDaemons(): Daemons {
  const programs = createPrograms("./daemon-program.ts");
  let crew: Promise<Crew> | undefined;
  const open = async (world: Parameters<StartLeader>[0]): Promise<Crew> => {
    const minted = world.fixture.mint({ profile: "operator", name: "operator" });
    const link = openLink(world.fixture.broker.url, { as: minted });
    await world.attend(link);
    const operator: Asker = {
      minted,
      session: () => {
        if (!link.session) throw new Error("the operator is not connected");
        return link.session;
      },
    };
    return createCrew({ world, programs, operator });
  };
  return {
    start: async (world, use) => {
      crew ??= open(world);
      return await (await crew).join(use);
    },
    [Symbol.asyncDispose]: () => programs[Symbol.asyncDispose](),
  };
}
