import {
  brokerError,
  type Entry,
  onAbort,
  type Session,
  sleep,
  type TailConsumer,
  tail,
} from "@cotal/session";
import { CotalError, streamName } from "@cotal/subjects";
import type { RegistryStore } from "./registry-store.ts";
import { openWatch, toArrival, type WatchMark, type WatchPlace } from "./registry-watch.ts";

export interface FollowerOptions<T> {
  readonly store: RegistryStore<T>;
  readonly onCaughtUp: () => void;
  /** From here on something may be missing, until it has caught up again. */
  readonly onLost: () => void;
  readonly onArrival: () => void;
}

/** Fills a store over one session after the other. */
export interface Follower<T> {
  /** Resolves when caught up. Rejects with the first failure, and goes on for the session unless that is `not-allowed`. */
  follow(session: Session, place: WatchPlace<T>): Promise<void>;
}

export function createFollower<T>(options: FollowerOptions<T>): Follower<T> {
  return new StoreFollower(options);
}

/** After this long without an entry the broker is asked whether a load is over. */
const silentLoadMs = 5_000;

/** Each peer has several watches, which are silent most of the time: what they say of it is most of what the broker does then. */
const heartbeatMs = 5_000;

class StoreFollower<T> implements Follower<T> {
  readonly #options: FollowerOptions<T>;
  /** Which consumer the store has followed how far; none until a load is complete. */
  #mark: WatchMark | undefined;
  /** The consumer that was opened last. */
  #created = "";
  /** Of what it had when it was opened, how much is still to come. */
  #left = 0;
  #openings = 0;
  #attached: () => void = () => undefined;

  constructor(options: FollowerOptions<T>) {
    this.#options = options;
  }

  async follow(session: Session, place: WatchPlace<T>): Promise<void> {
    let first: Promise<TailConsumer> | undefined = this.#open(session, place);
    const failure = await first.then(() => undefined, brokerError);
    if (failure?.code === "not-allowed") throw failure;
    await new Promise<void>((resolve, reject) => {
      this.#attached = resolve;
      onAbort(session.scope.signal, () => {
        this.#options.onLost();
        reject(new CotalError("connection-lost", "the connection ended while a registry was loaded"));
      });
      tail(session, {
        stream: streamName.registry(place.space, place.definition.registry),
        open: async () => {
          const opening = first ?? this.#open(session, place);
          first = undefined;
          const opened = await opening;
          if (this.#left === 0) resolve();
          return opened;
        },
        heartbeatMs,
        onEntry: (entry) => this.#take(place, entry),
        onFault: (error) => {
          this.#options.onLost();
          reject(error);
        },
      });
    });
  }

  async #open(session: Session, place: WatchPlace<T>): Promise<TailConsumer> {
    const { consumer, created, pending, resumed } = await openWatch(session, place, this.#mark);
    session.scope.signal.throwIfAborted();
    if (!resumed) {
      this.#mark = undefined;
      this.#options.store.beginLoad();
    }
    this.#created = created;
    this.#left = pending;
    const opening = ++this.#openings;
    if (pending === 0) this.#catchUp();
    else session.scope.spawn("registry load", () => this.#watchLoad(session, place, opening));
    return { consumer, pending, delivered: 0 };
  }

  #take(place: WatchPlace<T>, entry: Entry): void {
    const { store, onArrival } = this.#options;
    store.arrive(toArrival(place, entry));
    if (this.#mark) this.#mark = { created: this.#created, revision: store.revision };
    // Some may have expired meanwhile, so that to count would not do.
    if (this.#left > 0 && (--this.#left === 0 || entry.pending === 0)) this.#catchUp();
    onArrival();
  }

  #catchUp(): void {
    const { store, onCaughtUp } = this.#options;
    this.#left = 0;
    const tellChanges = store.endLoad();
    this.#mark = { created: this.#created, revision: store.revision };
    onCaughtUp();
    tellChanges();
    this.#attached();
  }

  /**
   * What expires before it is handed out never comes, and may be all that is waited for. To ask again does
   * no harm: if there is more after all, the tail finds its place changed and opens anew.
   */
  async #watchLoad(session: Session, place: WatchPlace<T>, opening: number): Promise<void> {
    const goesOn = (): boolean => this.#left > 0 && this.#openings === opening;
    for (let before = this.#left; goesOn(); before = this.#left) {
      await sleep(session.clock, silentLoadMs, session.scope.signal);
      if (this.#left !== before || !goesOn()) continue;
      const { pending, created } = await openWatch(session, place, this.#mark);
      if (pending === 0 && created === this.#created && goesOn()) this.#catchUp();
    }
  }
}
