import { eventually, withSession } from "@cotal/harness";
import { leaseRegistry, openRegistry } from "@cotal/registries";
import { bucketName, registryKey } from "@cotal/subjects";
import type { Quota } from "../../src/core/quota.ts";
import { createDaemon, type Daemon } from "./daemon.ts";
import { anywhere, type Leader, type LeaderUse } from "./leader.ts";
import type { Member } from "./member.ts";
import type { Programs } from "./programs.ts";
import { type Asker, type Askers, serviceOrders, shardReport } from "./service-orders.ts";
import { patienceMs } from "./stage.ts";
import { shardNumbers, space, type World } from "./world.ts";

/** The daemons of a space. They share its shards, and one takes over from another. */
export interface Crew {
  /** Together they are the leader; one more of them begins with it. */
  join(use: LeaderUse): Promise<Leader>;
}

export interface CrewDeps {
  readonly world: World;
  readonly programs: Programs;
  readonly operator: Asker;
}

/** Of more than so many one leaves in order. */
const most = 3;

export function createCrew({ world, programs, operator }: CrewDeps): Crew {
  const complaints: string[] = [];
  const members = new Map<string, Member>();
  let daemons: Daemon[] = [];
  /** Told when one has stopped. */
  let onStop: () => void = () => undefined;

  const up = (): Daemon[] => daemons.filter(({ isUp }) => isUp);
  /** Who leads most comes first. */
  const leading = (): Daemon[] => up().sort((a, b) => b.leads - a.leads);
  const complain = (what: string): void => void complaints.push(what);
  const askers: Askers = {
    operator,
    peer: (owner) => members.get(owner) ?? operator,
  };
  const recruit = async (quota: Quota): Promise<Daemon> => {
    const hooks = { quota, onStop: () => onStop(), onComplaint: complain };
    const daemon = await createDaemon(world, programs.launch(), hooks);
    daemons.push(daemon);
    return daemon;
  };
  const begin = async (daemon: Daemon): Promise<void> => {
    daemon.begin();
    const still = daemons.filter(({ isStill }) => isStill).map(({ holder }) => holder);
    if (still.length > 0) await dropLeases(world, still);
    const staying = up().filter(({ isLeaving }) => !isLeaving);
    if (staying.length > most) staying[0]?.leave();
  };
  const wakeAll = (): void => {
    for (const daemon of daemons) daemon.wake();
    daemons = daemons.filter(({ isUp, isStill }) => isUp || isStill);
  };

  const leaderWith = (recruited: Daemon): Leader => {
    let isDead = false;
    return {
      complaints,
      isAlone: false,
      begin: () => void begin(recruited).catch((error) => complain(String(error))),
      shard: async (number) => {
        const isReady = async (): Promise<boolean> => {
          const { state, holder } = await shardReport(number, askers);
          return state === "ready" && up().some((daemon) => daemon.holder === holder);
        };
        await eventually(isReady, { timeoutMs: patienceMs, what: `a leader of shard ${number}` });
        return serviceOrders(number, askers);
      },
      position: async (number) => (await shardReport(number, askers)).stats?.position ?? 0,
      arm: (order) => {
        const release = (): void => {
          for (const daemon of up()) daemon.disarm();
          wakeAll();
        };
        // Whoever comes there first.
        const reached = new Promise<void>((resolve) => {
          onStop = () => {
            isDead = !order.wakes;
            for (const daemon of up()) daemon.disarm();
            resolve();
          };
        });
        const [one] = leading();
        for (const daemon of order.point === anywhere && one ? [one] : up()) daemon.arm(order);
        return { reached, release };
      },
      kill: async () => {
        if (!isDead) await leading()[0]?.kill();
      },
      silence: async () => {
        await Promise.all(daemons.map((daemon) => daemon.kill()));
      },
      redial: () => {
        for (const daemon of up()) daemon.redial();
      },
      cut: () => leading()[0]?.cut(),
      excuse: () => undefined,
      stop: async () => wakeAll(),
    };
  };

  return {
    join: async (use) => {
      for (const member of use.members) members.set(member.minted.id, member);
      // One that waits from the beginning.
      if (up().length === 0) await begin(await recruit(use.quota));
      return leaderWith(await recruit(use.quota));
    },
  };
}

/** As if the time had passed in which nobody renews them. */
async function dropLeases({ fixture, ingest }: World, holders: readonly string[]): Promise<void> {
  const minted = fixture.mint({ profile: "delivery", name: "delivery" });
  const secret = ingest(bucketName(space, "lease"));
  await withSession(
    fixture.broker.url,
    async (session) => {
      const leases = await openRegistry(session, leaseRegistry, { space, id: minted.id, secret });
      for (const key of shardNumbers.map(registryKey.deliveryLease)) {
        const lease = leases.get(key);
        if (lease.kind !== "found" || !holders.includes(lease.value.holder)) continue;
        await leases.remove(key, { expectedRevision: lease.revision });
      }
    },
    { as: minted },
  );
}
