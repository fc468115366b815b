import { isDeepStrictEqual } from "node:util";
import type { Lookup } from "@cotal/registries";
import { type Capability, type Health, type Session, subscribe } from "@cotal/session";
import { asOwnerId, CotalError, formatSubject, isOwnerId, type OwnerId, quoted } from "@cotal/subjects";
import {
  type DirectoryEntry,
  type Presence,
  type PresenceDigest,
  type Resolution,
  readPresenceDigest,
  resolvePeer,
} from "@cotal/wire";
import { sampleBeats } from "./beat-sample.ts";
import type { Core } from "./core.ts";
import { type Heard, hear, isSilent, nothingHeard, windowMs } from "./heard.ts";
import { entryOf, type PeerFacts } from "./liveness.ts";
import type { Names } from "./names.ts";
import { presenceDegraded } from "./presence-degraded.ts";
import type { PresenceChange, RosterEntry, RosterFreshness } from "./roster-entry.ts";
import type { SpaceReading } from "./space-views.ts";

/** Who is there, as far as this endpoint can tell. It tells about changes with the event `presence`. */
export interface Roster extends Capability, Names {
  entries(): readonly RosterEntry[];
  freshness(): RosterFreshness;
}

/** How often is looked who has fallen silent. */
const lookMs = 5_000;
/** How often the beats are sampled where no leader tells of them. */
const sampleMs = 10_000;

export function createRoster(core: Core, views: SpaceReading): Roster {
  return new HeardRoster(core, views);
}

class HeardRoster implements Roster {
  readonly name = "roster";
  readonly required = false;
  readonly #core: Core;
  readonly #views: SpaceReading;
  readonly #facts = new Map<string, PeerFacts>();
  /** What listeners were told last. */
  readonly #shown = new Map<string, RosterEntry>();
  #heard: Heard;
  #samples = 0;
  #health: Health;

  constructor(core: Core, views: SpaceReading) {
    const { clock } = core;
    this.#core = core;
    this.#views = views;
    this.#heard = nothingHeard(clock.uptime());
    this.#health = { kind: "down", code: "not-bound", since: clock.now() };
    views.onPresence((key, lookup) => this.#learn(key, lookup));
    views.onDirectory((key, lookup) => this.#list(key, lookup));
  }

  entries(): readonly RosterEntry[] {
    return [...this.#facts.values()].flatMap((facts) => this.#entry(facts) ?? []);
  }

  freshness(): RosterFreshness {
    const { state } = this.#views.presence;
    if (state.kind === "stale") return state;
    const { extent, last } = this.#heard;
    const now = this.#core.clock.uptime();
    if (state.kind === "current" && extent.kind === "whole" && !isSilent(this.#heard, now)) {
      return { kind: "current" };
    }
    const since = extent.kind === "partial" ? extent.since : (last?.at ?? now);
    return { kind: "stale", since: this.#wall(since) };
  }

  resolve(target: string): Resolution {
    return resolvePeer(this.entries(), this.#views.directory(), target);
  }

  idOf(target: string): OwnerId {
    if (isOwnerId(target)) {
      if (this.#views.isRetired(target)) throw retired(target);
      return target;
    }
    const resolution = this.resolve(target);
    switch (resolution.kind) {
      case "found":
        return asOwnerId(resolution.peer.id);
      case "ambiguous":
        throw new CotalError("ambiguous-peer", `${quoted(target)} is the name of several peers`, {
          hint: "use the id of the one that is meant",
          data: { target, candidates: resolution.candidates },
        });
      case "unknown":
        throw new CotalError("unknown-peer", `nobody is called ${quoted(target)}`, {
          hint: "look at the roster for who is there",
          data: { target },
        });
    }
  }

  async attach(session: Session): Promise<void> {
    const { scope } = session;
    scope.every(lookMs, "look at the roster", async () => this.#look());
    scope.defer(() => {
      this.#health = { kind: "down", code: "not-bound", since: this.#core.clock.now() };
    });
    const refused = (failure: unknown): void => {
      const error = presenceDegraded("who is alive cannot be heard", failure);
      this.#health = { kind: "degraded", code: error.code, since: this.#core.clock.now() };
      this.#core.fault(this.name, error);
    };
    this.#health = { kind: "ok" };
    const subscribed = subscribe(session, {
      subject: formatSubject({ kind: "digest", space: this.#core.space }),
      onMessage: ({ subject, data }) => this.#receive(subject, data),
      onRefused: refused,
    });
    await Promise.allSettled([subscribed, this.#views.known(session)]);
    await this.#views.known(session);
    if (this.#core.open) scope.spawn("sample beats", () => this.#sample(session));
    if (this.#core.open) scope.every(sampleMs, "sample beats", () => this.#sample(session));
    await subscribed.catch(refused);
  }

  health(): Health {
    return this.#health;
  }

  /** Anybody can throw an entry of a queue there; it keeps its subject, and only what was published there counts. */
  #receive(subject: string, data: Uint8Array): void {
    if (subject !== formatSubject({ kind: "digest", space: this.#core.space })) {
      this.#core.log({ level: "warn", event: "roster.digest-dropped", fields: { reason: "wrong-route" } });
      return;
    }
    const read = readPresenceDigest(data);
    if (read.kind === "read") this.#hear(read.record);
    else this.#core.log({ level: "warn", event: "roster.digest-dropped", fields: { reason: read.reason } });
  }

  async #sample(session: Session): Promise<void> {
    const { space, self, clock } = this.#core;
    const { last } = this.#heard;
    if (last !== undefined && last.epoch > 0 && !isSilent(this.#heard, clock.uptime())) return;
    const version = ++this.#samples;
    const sample = await sampleBeats(session, { space, id: self.id, version });
    if (sample) this.#hear(sample);
  }

  #hear(digest: PresenceDigest): void {
    this.#heard = hear(this.#heard, digest, this.#core.clock.uptime());
    this.#reviewAll();
  }

  #learn(id: string, lookup: Lookup<Presence>): void {
    const at = this.#core.clock.uptime();
    const { said, listed } = this.#facts.get(id) ?? {};
    if (lookup.kind === "found") this.#facts.set(id, { id, listed, said: { presence: lookup.value, at } });
    if (lookup.kind === "absent" && said) this.#facts.set(id, { id, listed, said, lostAt: at });
    this.#review(id);
  }

  #list(id: string, lookup: Lookup<DirectoryEntry>): void {
    const listed = lookup.kind === "found" ? lookup.value : undefined;
    this.#facts.set(id, { ...this.#facts.get(id), id, listed });
    this.#review(id);
  }

  #look(): void {
    this.#views.presence.sweep();
    const now = this.#core.clock.uptime();
    for (const [id, { lostAt, listed }] of this.#facts) {
      if (lostAt !== undefined && now - lostAt > windowMs) this.#facts.set(id, { id, listed });
    }
    this.#reviewAll();
  }

  #reviewAll(): void {
    for (const id of this.#facts.keys()) this.#review(id);
  }

  #review(id: string): void {
    const facts = this.#facts.get(id);
    const peer = facts && this.#entry(facts);
    const before = this.#shown.get(id);
    if (peer) this.#shown.set(id, peer);
    else {
      this.#shown.delete(id);
      this.#facts.delete(id);
    }
    const change = changeOf(before, peer);
    if (change) this.#core.events.emit("presence", change);
  }

  #entry(facts: PeerFacts): RosterEntry | undefined {
    const { clock } = this.#core;
    return entryOf(facts, this.#heard, { now: clock.uptime(), wall: clock.now() });
  }

  #wall(at: number): number {
    const { clock } = this.#core;
    return clock.now() - (clock.uptime() - at);
  }
}

function retired(id: OwnerId): CotalError {
  return new CotalError("peer-retired", "this peer was retired: nobody reads what is sent to it", {
    hint: "send to somebody who is there",
    data: { id },
  });
}

function changeOf(before: RosterEntry | undefined, now: RosterEntry | undefined): PresenceChange | undefined {
  if (now?.live !== true) {
    if (before?.live !== true) return undefined;
    return { kind: "left", peer: now ?? { ...before, live: false, status: "offline" } };
  }
  if (before?.live !== true) return { kind: "joined", peer: now };
  const isSame = before.name === now.name && isDeepStrictEqual(before.presence, now.presence);
  return isSame ? undefined : { kind: "changed", peer: now };
}
