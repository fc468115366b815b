import { type Clock, errorFields, type Session } from "@cotal/session";
import { CotalError, type Token } from "@cotal/subjects";
import type { WaitOptions } from "./cas-registry.ts";
import { type RegistryDefinition, requireKey } from "./definition.ts";
import { createFollower, type Follower } from "./follow.ts";
import type { Lookup } from "./lookup.ts";
import { type Arrival, createStore, type RegistryStore, type ViewEntry } from "./registry-store.ts";
import type { WatchPlace } from "./registry-watch.ts";
import { createWaiters, type Prospect, type Waiters } from "./waiters.ts";

export type ViewState =
  | { readonly kind: "loading" }
  | { readonly kind: "current" }
  /** It shows what it last knew and claims of nothing that it is absent. `since` is a moment of the wall clock. */
  | { readonly kind: "stale"; readonly since: number }
  | { readonly kind: "denied"; readonly error: CotalError };

export interface ViewOptions<T> {
  readonly space: Token;
  readonly clock: Clock;
  /** Told about each key that changed, once per change; of a load only when it is complete. */
  readonly onChange?: (key: string, lookup: Lookup<T>) => void;
}

/** Who follows a registry. */
export type ViewHolder = Pick<WatchPlace<unknown>, "id" | "beside">;

/** A registry as data that outlives sessions. */
export interface RegistryView<T> {
  readonly definition: RegistryDefinition<T>;
  readonly space: Token;
  readonly state: ViewState;
  /** The latest revision of the registry that was handed out. */
  readonly revision: number;
  get(key: string): Lookup<T>;
  /** Everything that stands in it, with the moment of its arrival. Throws while nothing is known yet. */
  entries(): readonly ViewEntry<T>[];
  /**
   * Follows the registry over this session, as the holder of `id`. Resolves when it is current. Rejects
   * with the first failure; unless the broker forbids it, the view goes on trying all the same.
   */
  attach(session: Session, holder: ViewHolder): Promise<void>;
  /** What was just written is known before the broker hands it out. */
  learn(arrival: Arrival): void;
  /** Drops what has outlived its time and tells about it. It counts as gone already before that. */
  sweep(): void;
  /** Resolves once it is current; rejects with `unreachable` when that takes too long. */
  caughtUp(options?: WaitOptions): Promise<void>;
  /** As `caughtUp`, and the registry has moved on from `revision`. */
  moved(revision: number, options?: WaitOptions): Promise<void>;
}

export function createRegistryView<T>(
  definition: RegistryDefinition<T>,
  options: ViewOptions<T>,
): RegistryView<T> {
  return new StoredView(definition, options);
}

class StoredView<T> implements RegistryView<T> {
  readonly definition: RegistryDefinition<T>;
  readonly space: Token;
  readonly #options: ViewOptions<T>;
  readonly #store: RegistryStore<T>;
  readonly #follower: Follower<T>;
  readonly #waiters: Waiters;
  #state: ViewState = { kind: "loading" };
  #attachment: { readonly session: Session; readonly done: Promise<void> } | undefined;

  constructor(definition: RegistryDefinition<T>, options: ViewOptions<T>) {
    const { space, clock } = options;
    this.definition = definition;
    this.space = space;
    this.#options = options;
    this.#waiters = createWaiters(clock);
    this.#store = createStore(definition, {
      uptime: () => clock.uptime(),
      onChange: (key, lookup) => this.#tell(key, lookup),
    });
    this.#follower = createFollower({
      store: this.#store,
      onCaughtUp: () => this.#become({ kind: "current" }),
      onLost: () => {
        if (this.#isCurrent()) this.#become({ kind: "stale", since: clock.now() });
      },
      onArrival: () => this.#waiters.wake(),
    });
  }

  get state(): ViewState {
    return this.#state;
  }

  get revision(): number {
    return this.#store.revision;
  }

  get(key: string): Lookup<T> {
    requireKey(this.definition, key);
    if (this.#state.kind === "denied") return { kind: "denied", key, error: this.#state.error };
    const lookup = this.#state.kind === "loading" ? undefined : this.#store.get(key);
    if (lookup !== undefined && lookup.kind !== "absent") return lookup;
    if (!this.#isCurrent()) return { kind: "unreachable", key, error: this.#untold() };
    return lookup ?? { kind: "absent", key, revision: 0 };
  }

  entries(): readonly ViewEntry<T>[] {
    if (this.#state.kind === "loading" || this.#state.kind === "denied") throw this.#untold();
    return this.#store.entries();
  }

  attach(session: Session, holder: ViewHolder): Promise<void> {
    if (this.#attachment?.session !== session) {
      this.#attachment = { session, done: this.#follow(session, holder) };
    }
    return this.#attachment.done;
  }

  learn(arrival: Arrival): void {
    if (this.#isCurrent()) this.#store.learn(arrival);
  }

  sweep(): void {
    if (this.#isCurrent()) this.#store.sweep();
  }

  caughtUp(options?: WaitOptions): Promise<void> {
    return this.#until(() => true, options);
  }

  moved(revision: number, options?: WaitOptions): Promise<void> {
    return this.#until(() => this.#store.revision !== revision, options);
  }

  async #follow(session: Session, { id, beside }: ViewHolder): Promise<void> {
    const { definition, space } = this;
    if (this.#state.kind === "denied") this.#become({ kind: "loading" });
    try {
      await this.#follower.follow(session, { definition, space, id, beside });
    } catch (error) {
      if (error instanceof CotalError && error.code === "not-allowed")
        this.#become({ kind: "denied", error });
      throw error;
    }
  }

  #become(state: ViewState): void {
    this.#state = state;
    this.#waiters.wake();
  }

  #isCurrent(): boolean {
    return this.#state.kind === "current";
  }

  #until(met: () => boolean, options?: WaitOptions): Promise<void> {
    const prospect = (): Prospect => {
      if (this.#state.kind === "denied") return { kind: "failed", error: this.#state.error };
      return { kind: this.#isCurrent() && met() ? "met" : "open" };
    };
    return this.#waiters.until(prospect, () => this.#untold(), options);
  }

  #untold(): CotalError {
    if (this.#state.kind === "denied") return this.#state.error;
    const { registry } = this.definition;
    return new CotalError("unreachable", `the registry ${registry} cannot be told now`, {
      hint: "wait until the connection is back",
      data: { registry, state: this.#state.kind },
    });
  }

  /** A listener that fails is reported; it must not end what others depend on. */
  #tell(key: string, lookup: Lookup<T>): void {
    try {
      this.#options.onChange?.(key, lookup);
    } catch (error) {
      const fields = { registry: this.definition.registry, key, ...errorFields(error) };
      this.#attachment?.session.log({ level: "error", event: "registry.listener", fields });
    }
  }
}
