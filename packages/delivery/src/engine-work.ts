import type { CasRegistry, LeaseRecord } from "@cotal/registries";
import { type Session, sleep } from "@cotal/session";
import { streamName } from "@cotal/subjects";
import { adminOperations } from "./admin-operations.ts";
import type { EngineSettings } from "./engine-options.ts";
import type { ServedShard } from "./engine-shard.ts";
import { readFence } from "./fenced-writer.ts";
import type { LeadDeps } from "./keep-lead.ts";
import { keepShards } from "./keep-shards.ts";
import type { Knowledge } from "./knowledge.ts";
import { withDuties } from "./lead-duties.ts";
import { createLeadProbe } from "./lead-probe.ts";
import type { Leadership } from "./leadership.ts";
import { serveShard } from "./service.ts";
import { createChannels } from "./service-channels.ts";
import { agentOperations } from "./service-operations.ts";
import type { Shard } from "./shard.ts";
import type { ShardLeader } from "./shard-leader.ts";

/** What shards are led with, over one connection. */
export interface LeadTools {
  readonly session: Session;
  readonly settings: EngineSettings;
  readonly knowledge: Knowledge;
  /** How many shards the space has. */
  readonly shards: number;
  readonly leader: Pick<ShardLeader, "lead">;
}

export interface LeadWork {
  /** Those that this daemon is to serve. */
  readonly served: ReadonlyMap<number, ServedShard>;
  readonly leases: CasRegistry<LeaseRecord>;
}

/**
 * Leads each shard whenever it can be had, for as long as the connection lasts. Whatever goes wrong with one of
 * them is a matter of that one, and it is tried again.
 */
export function leadShards(tools: LeadTools, { served, leases }: LeadWork): void {
  const { session, settings, shards, leader } = tools;
  const { clock, log, scope } = session;
  const deps: LeadDeps = { clock, log, leases, probe: createLeadProbe(session, settings) };

  const keep = (some: readonly number[], signal: AbortSignal): Promise<void> =>
    keepShards(deps, {
      ...settings,
      id: settings.self.id,
      shards,
      served: some,
      signal,
      lead: async (leadership) => {
        const one = served.get(leadership.shard);
        await one?.lead(leadership, (watched) =>
          withDuties(session, { space: settings.space, leadership: watched }, () =>
            leader.lead(watched, (shard) => serve(tools, watched, { shard, report: () => one.report })),
          ),
        );
      },
      onEnded: (shard, error) => {
        if (signal.aborted) return;
        const outcome = served.get(shard)?.fail(error) ?? "refused";
        if (outcome !== "refused") again(shard, outcome.againInMs);
      },
    });
  const again = (shard: number, delayMs: number): void =>
    scope.spawn(`shard ${shard}`, async (signal) => {
      await sleep(clock, delayMs, signal);
      await keep([shard], signal);
    });
  scope.spawn("shards", (signal) => keep([...served.keys()], signal));
}

interface Serving {
  readonly shard: Shard;
  readonly report: () => object;
}

function serve(
  { session, settings, knowledge, shards }: LeadTools,
  leadership: Leadership,
  { shard, report }: Serving,
): Promise<void> {
  const { space } = settings;
  const channels = createChannels({ session, space, knowledge });
  const servedByAll = (): Promise<number> => readServed(session, settings, shards);
  return serveShard(
    { session, space, leadership },
    {
      agents: agentOperations({ shard, shards, channels }),
      admin: adminOperations({ shard, shards, session, space, servedByAll, report }),
    },
  );
}

/** Up to where every shard has stored what CHAT had for its owners. */
async function readServed(
  session: Session,
  { space, ingest }: EngineSettings,
  shards: number,
): Promise<number> {
  const fences = Array.from({ length: shards }, (_, shard) =>
    readFence(session, { space, shard, shards, secret: ingest(streamName.delivery(space, shard)) }),
  );
  return Math.min(...(await Promise.all(fences)).map(({ checkpoint }) => checkpoint?.chatSeq ?? 0));
}
