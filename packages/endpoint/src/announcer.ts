import type { Lookup } from "@cotal/registries";
import {
  backoffMs,
  brokerError,
  type Capability,
  createInTurn,
  type Health,
  type RetryPolicy,
  type Session,
  sleep,
  subscribe,
  withDeadline,
} from "@cotal/session";
import { type Channel, CotalError, type OwnerId } from "@cotal/subjects";
import type { Attention, ChannelMode, Presence, Status } from "@cotal/wire";
import { createBeatKey, knockSubject, releaseBeat } from "./beat-key.ts";
import { type Claim, createClaim } from "./claim.ts";
import type { Core } from "./core.ts";
import type { OwnChange } from "./own-presence.ts";
import { createOwnRecord, type OwnRecord } from "./own-record.ts";
import { ensurePresenceBucket } from "./presence-bucket.ts";
import { presenceDegraded } from "./presence-degraded.ts";
import type { SpaceReading } from "./space-views.ts";

/**
 * Says who this peer is and that it is alive. A change resolves once others can see it. When that is not
 * possible now it resolves all the same, `presence-degraded` is told, and it is published later.
 */
export interface Announcer extends Capability {
  /** What it says, or will say as soon as it can. */
  readonly presence: Presence;
  setStatus(status: Exclude<Status, "offline">): Promise<void>;
  setActivity(activity: string | undefined): Promise<void>;
  setAttention(attention: Attention): Promise<void>;
  /** Without a mode the channel is as any other. */
  setChannelMode(channel: Channel, mode: ChannelMode | undefined): Promise<void>;
  /** Says that it is offline, within a bounded time, and nothing after that. */
  leave(): Promise<void>;
}

export interface AnnouncerOptions {
  readonly views: Pick<SpaceReading, "onPresence" | "space">;
  readonly takeover?: boolean;
  readonly attention?: Attention;
  /** Another program has become this peer: this one has to stop. */
  readonly onDisplaced: (error: CotalError) => void;
}

const beatMs = 10_000;
const goodbyeMs = 2_000;

const retryPolicy: RetryPolicy = {
  baseMs: 250,
  capMs: 10_000,
  limit: { unboundedBecause: "presence is told as long as the connection lasts" },
};

export function createAnnouncer(core: Core, options: AnnouncerOptions): Announcer {
  return new BeatingAnnouncer(core, options);
}

type Work = (session: Session) => Promise<void>;

class BeatingAnnouncer implements Announcer {
  readonly name = "presence";
  readonly required = true;
  readonly #core: Core;
  readonly #views: Pick<SpaceReading, "space">;
  readonly #onDisplaced: (error: CotalError) => void;
  readonly #record: OwnRecord;
  readonly #claim: Claim;
  /** A beat and a record follow the one before. */
  readonly #inTurn = createInTurn();
  #session: Session | undefined;
  #failures = 0;
  #health: Health;
  #phase: "new" | "known" | "displaced" | "left" = "new";

  constructor(core: Core, { views, takeover = false, attention, onDisplaced }: AnnouncerOptions) {
    this.#core = core;
    this.#views = views;
    this.#onDisplaced = onDisplaced;
    this.#record = createOwnRecord(core, { attention });
    this.#claim = createClaim(
      createBeatKey(() => this.#live(), core),
      { takeover },
    );
    this.#health = { kind: "down", code: "not-bound", since: core.clock.now() };
    views.onPresence((key, lookup) => {
      if (key === core.self.id) this.#session?.scope.spawn("own presence", () => this.#compare(lookup));
    });
  }

  get presence(): Presence {
    return this.#record.presence;
  }

  async setStatus(status: Exclude<Status, "offline">): Promise<void> {
    if ((status as Status) === "offline") {
      throw new CotalError("bad-request", "a peer that runs is not offline", { hint: "stop the endpoint" });
    }
    await this.#change({ status });
  }

  setActivity(activity: string | undefined): Promise<void> {
    return this.#change({ activity });
  }

  setAttention(attention: Attention): Promise<void> {
    return this.#change({ attention });
  }

  setChannelMode(channel: Channel, mode: ChannelMode | undefined): Promise<void> {
    const { [channel]: _, ...others } = this.presence.channelModes ?? {};
    const modes = mode === undefined ? others : { ...others, [channel]: mode };
    return this.#change({ channelModes: Object.keys(modes).length === 0 ? undefined : modes });
  }

  async attach(session: Session): Promise<void> {
    if (this.#phase === "displaced") throw displaced(this.#core.self.id);
    this.#session = session;
    session.scope.defer(() => {
      if (this.#session === session) this.#session = undefined;
    });
    // The broker deals with what one connection says in that order: knocks are heard before the beat stands.
    const listening = subscribe(session, {
      subject: knockSubject(this.#core.self.id),
      onMessage: () => {
        if (this.#claim.held) session.scope.spawn("answer a knock", () => this.#beatNow(session));
      },
    });
    const claiming = this.#attempt(session, this.#hold).catch((error) => {
      if (this.#phase === "known") this.#displace(error);
      throw error;
    });
    await Promise.all([listening, claiming]);
    if (this.#claim.held) session.scope.spawn("presence", () => this.#attempt(session, this.#publish));
    session.scope.spawn("beat", (signal) => this.#keepBeating(session, signal));
  }

  async leave(): Promise<void> {
    if (this.#phase === "left") return;
    const wasHeld = this.#claim.held && this.#phase === "known";
    this.#phase = "left";
    const session = this.#session;
    if (!session || !wasHeld) return;
    const goodbye = this.#inTurn(async () => {
      await this.#record.publishOffline(session);
      await releaseBeat(session, this.#core);
    });
    const onLate = (): Promise<void> =>
      Promise.reject(new CotalError("outcome-unknown", "the broker did not answer in time"));
    await withDeadline(this.#core.clock, goodbye, { timeoutMs: goodbyeMs, onLate }).catch((failure) =>
      this.#core.fault(this.name, presenceDegraded("the goodbye may not be stored", failure)),
    );
  }

  health(): Health {
    return this.#health;
  }

  #live(): Session {
    if (this.#session) return this.#session;
    throw new CotalError("reconnecting", "there is no connection to announce on");
  }

  async #change(wish: OwnChange): Promise<void> {
    if (this.#phase === "left" || this.#phase === "displaced") {
      throw new CotalError("stopped", "the endpoint announces nothing any more", {
        hint: "connect another one",
      });
    }
    this.#record.change(wish);
    if (this.#session) await this.#attempt(this.#session, this.#publish);
  }

  readonly #publish: Work = async (session) => {
    if (this.#claim.held) await this.#record.publish(session);
  };

  readonly #hold: Work = async () => {
    const outcome = await this.#claim.beat();
    if (outcome.kind === "taken") throw displaced(this.#core.self.id);
    if (this.#phase === "new") this.#phase = "known";
    if (!outcome.continued) this.#record.forget();
  };

  readonly #beat: Work = async (session) => {
    await this.#hold(session);
    await this.#record.publish(session);
  };

  /** Does it while there is a point in it. Only `identity-in-use` rejects; all else is told once and tried again. */
  #attempt(session: Session, work: Work): Promise<void> {
    return this.#inTurn(async () => {
      const isOver = this.#phase === "displaced" || this.#phase === "left";
      if (isOver || session !== this.#session) return;
      try {
        await this.#withBucket(session, work);
        this.#failures = 0;
        this.#health = { kind: "ok" };
      } catch (failure) {
        if (brokerError(failure).code === "identity-in-use") throw failure;
        if (session.scope.signal.aborted || this.#failures++ > 0) return;
        const error = presenceDegraded("presence cannot be published", failure);
        this.#health = { kind: "degraded", code: error.code, since: this.#core.clock.now() };
        this.#core.fault(this.name, error);
      }
    });
  }

  /** A broker that ended has forgotten the bucket. In an open space its users make it again. */
  async #withBucket(session: Session, work: Work): Promise<void> {
    try {
      await work(session);
    } catch (failure) {
      const { code } = brokerError(failure);
      const isMissing = code === "no-responders" || code === "stream-missing";
      if (!this.#core.open || !isMissing) throw failure;
      // Throws as long as it is unknown whether there is such a space: nothing is made of a wrong name.
      this.#views.space();
      await ensurePresenceBucket(session, this.#core.space);
      await work(session);
    }
  }

  #beatNow(session: Session): Promise<void> {
    return this.#attempt(session, this.#beat).catch((error) => this.#displace(error));
  }

  async #keepBeating(session: Session, signal: AbortSignal): Promise<void> {
    for (;;) {
      const regularMs = beatMs * (0.8 + 0.4 * Math.random());
      const delayMs =
        this.#failures === 0 ? regularMs : backoffMs(retryPolicy, this.#failures, Math.random());
      await sleep(this.#core.clock, delayMs, signal);
      await this.#beatNow(session);
    }
  }

  /** What stands under its key it should have written itself. If another program did, the beat will tell. */
  async #compare(lookup: Lookup<Presence>): Promise<void> {
    const session = this.#session;
    const isForeign = await this.#inTurn(async () => this.#record.isForeign(lookup));
    if (!isForeign || !session) return;
    this.#record.forget();
    await this.#beatNow(session);
  }

  #displace(error: CotalError): void {
    if (this.#phase === "displaced" || this.#phase === "left") return;
    this.#phase = "displaced";
    this.#health = { kind: "down", code: error.code, since: this.#core.clock.now() };
    this.#core.fault(this.name, error);
    this.#onDisplaced(error);
  }
}

function displaced(id: OwnerId): CotalError {
  return new CotalError("identity-in-use", "another program is this peer now", {
    hint: "stop the other one, give each its own credential, or connect with takeover",
    data: { id },
  });
}
