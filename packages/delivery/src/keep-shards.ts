import { type LeaseRecord, leaseStaleMs } from "@cotal/registries";
import { errorFields } from "@cotal/session";
import { type OwnerId, registryKey } from "@cotal/subjects";
import { protocolVersion } from "@cotal/wire";
import { keepLead, type LeadDeps, type LeadOrder } from "./keep-lead.ts";
import type { LeaseView } from "./lead-state.ts";
import { createLeaseEye, type LeaseEye, nextLook } from "./lease-eye.ts";
import { hasRoom, isShort, type ShareSight, shardToGive } from "./shard-share.ts";

export interface ShardsOrder extends Pick<LeadOrder, "holder" | "version" | "standby" | "lead" | "signal"> {
  /** The shards that the daemon is to serve, of so many. */
  readonly served: readonly number[];
  readonly shards: number;
  /** Whose credential the session has. */
  readonly id: OwnerId;
  /** Told when a shard is given up for good, and why. */
  readonly onEnded: (shard: number, error: unknown) => void;
}

const noteMs = 10_000;
const leftOverMs = 10_000;

/**
 * Leads as many of the shards as is this daemon's share, each apart from the others. Resolves when it was told to end,
 * or nothing is left to lead.
 */
export async function keepShards(deps: LeadDeps, order: ShardsOrder): Promise<void> {
  const { served, signal, onEnded } = order;
  const over = new AbortController();
  const share = new ShardShare(deps, order);
  const balancing = share.balance(AbortSignal.any([signal, over.signal]));
  await Promise.all(
    served.map((shard) => share.serve(shard).catch((error: unknown) => onEnded(shard, error))),
  );
  over.abort();
  await balancing;
}

/** What one daemon knows of the others, and does about it. */
class ShardShare {
  readonly #deps: LeadDeps;
  readonly #order: ShardsOrder;
  readonly #eyes = new Map<string, LeaseEye>();
  /** Has a shard given up, by the shard. */
  readonly #give = new Map<number, () => void>();
  /** Since when a shard could be had. */
  readonly #freeSince = new Map<number, number>();
  /** From when on something is given again: a note that misled this daemon has run out by then. */
  #generousAt = 0;
  /** When the note that this daemon waits has to be written next; none stands where it is undefined. */
  #noteAt: number | undefined;

  constructor(deps: LeadDeps, order: ShardsOrder) {
    this.#deps = deps;
    this.#order = order;
  }

  /** Leads the shard again and again, as it is given up and can be had again. */
  async serve(shard: number): Promise<void> {
    const { holder, version, lead, signal } = this.#order;
    let { standby } = this.#order;
    while (!signal.aborted) {
      const given = new AbortController();
      this.#give.set(shard, () => given.abort());
      const wanted = (): boolean => hasRoom(this.#look(), shard) || this.#isLeftOver(shard);
      const until = AbortSignal.any([signal, given.signal]);
      await keepLead(this.#deps, { shard, holder, version, standby, lead, wanted, signal: until });
      // Whoever was given its part may have it.
      standby = true;
      if (!given.signal.aborted) return;
    }
  }

  async balance(signal: AbortSignal): Promise<void> {
    const { leases } = this.#deps;
    const { standby, served, shards } = this.#order;
    // Who serves some shards alone could not take whichever is given up.
    const mayWait = standby && served.length === shards;
    while (!signal.aborted) {
      const seen = leases.revision;
      const sight = this.#look();
      const shard = shardToGive(sight);
      if (shard !== undefined && this.#deps.clock.uptime() >= this.#generousAt) this.#give.get(shard)?.();
      await this.#note(mayWait && isShort(sight));
      await nextLook(leases, { seen, signal }).catch((error) => this.#warn("share.look", error));
    }
    await this.#note(false);
  }

  /** Says that this daemon waits, or does no longer. Without the word of it nobody gives anything up. */
  async #note(waits: boolean): Promise<void> {
    const { clock, leases } = this.#deps;
    const { id, holder, version } = this.#order;
    const key = registryKey.standby(id);
    const now = clock.uptime();
    try {
      if (waits && now >= (this.#noteAt ?? 0)) {
        const since = clock.now();
        const protocol = protocolVersion;
        const note: LeaseRecord = { v: 1, holder, epoch: 1, since, ready: false, version, protocol };
        await leases.put(key, note, {});
        this.#noteAt = now + noteMs;
      } else if (!waits && this.#noteAt !== undefined) {
        await leases.remove(key, {});
        this.#noteAt = undefined;
      }
    } catch (error) {
      this.#warn("share.note", error);
    }
  }

  /** Whether those for whom it was left have let it stand. */
  #isLeftOver(shard: number): boolean {
    const now = this.#deps.clock.uptime();
    const since = this.#freeSince.get(shard);
    if (since === undefined || now - since < leftOverMs) return false;
    this.#generousAt = now + leaseStaleMs;
    return true;
  }

  #look(): ShareSight {
    const { holder: self, shards, served } = this.#order;
    const leaders = new Map<number, string>();
    const waiting = new Set<string>();
    let unsettled = false;
    for (let shard = 0; shard < shards; shard++) {
      const view = this.#eye(registryKey.deliveryLease(shard)).look();
      if (view.kind === "theirs") leaders.set(shard, view.by.holder);
      if (view.kind === "mine") leaders.set(shard, self);
      if (view.kind !== "takeable") this.#freeSince.delete(shard);
      else if (!this.#freeSince.has(shard)) this.#freeSince.set(shard, this.#deps.clock.uptime());
      unsettled ||= served.includes(shard) && !isReady(view);
    }
    for (const key of this.#notes()) {
      const view = this.#eye(key).look();
      // One that does not move may be of a daemon that died.
      if (view.kind === "theirs" && view.alive) waiting.add(view.by.holder);
    }
    return { shards, self, leaders, waiting, unsettled };
  }

  #notes(): readonly string[] {
    try {
      return this.#deps.leases.entries().flatMap(({ key }) => (key.startsWith("standby.") ? [key] : []));
    } catch (error) {
      this.#warn("share.unseen", error);
      return [];
    }
  }

  #eye(key: string): LeaseEye {
    const known = this.#eyes.get(key);
    if (known) return known;
    const eye = createLeaseEye({ ...this.#deps, key, holder: this.#order.holder });
    this.#eyes.set(key, eye);
    return eye;
  }

  #warn(event: string, error: unknown): void {
    const { holder } = this.#order;
    this.#deps.log({ level: "warn", event, fields: { holder, ...errorFields(error) } });
  }
}

function isReady(view: LeaseView): boolean {
  switch (view.kind) {
    case "mine":
      return view.lease.record.ready;
    case "theirs":
      return view.by.ready;
    case "takeable":
    case "unknown":
      return false;
  }
}
