import {
  type AclRecord,
  aclRegistry,
  type CasRegistry,
  casRegistry,
  channelsRegistry,
  createRegistryView,
  createRegistryWriter,
  type DirectoryRecord,
  directoryRegistry,
  type IngestSecrets,
  type Lookup,
  type MemberPlace,
  type MemberRecord,
  membersRegistry,
  type RegistryDefinition,
  type RegistryView,
  type SpaceRecord,
  spaceRegistry,
} from "@cotal/registries";
import type { Clock, Session } from "@cotal/session";
import {
  bucketName,
  type Channel,
  CotalError,
  isChannel,
  keySubject,
  type OwnerId,
  registryKey,
  streamName,
  type Token,
  watchedKeys,
} from "@cotal/subjects";
import { type ChannelConfig, effectiveChannelConfig, resolvePeer } from "@cotal/wire";
import { type AclKnowledge, aclKnowledge } from "./core/authorise.ts";
import { createMemberIndex, type MemberIndex } from "./member-index.ts";
import type { SpaceKnowledge } from "./service-channels.ts";
import { readStored } from "./stored-message.ts";

export interface KnowledgeOptions {
  readonly space: Token;
  /** Of the credential of the daemon. */
  readonly id: OwnerId;
  readonly clock: Clock;
  readonly ingest: IngestSecrets;
}

export type Change =
  | { readonly kind: "acl"; readonly owner: OwnerId }
  | ({ readonly kind: "member" } & MemberPlace);

/** What a daemon knows of its space, for all the shards that it serves. It outlives sessions. */
export interface Knowledge extends SpaceKnowledge {
  readonly index: MemberIndex;
  /** What the space was set up with. Throws while that is not known. */
  record(): SpaceRecord;
  isDurable(channel: Channel): boolean;
  /** The one owner that a name or an id means. */
  resolve(name: string): OwnerId | undefined;
  /** All peers that are not retired. */
  peers(): Iterable<OwnerId>;
  rights(owner: OwnerId): AclKnowledge;
  /** Follows the registries over this session; resolves when all are loaded. */
  attach(session: Session): Promise<void>;
  /** Resolves when everything is known that was written to members and ACLs before the call. */
  catchUp(session: Session): Promise<void>;
  /** Up to here all memberships are known. */
  readonly membersRevision: number;
  /** What the owner's record says at its leader. */
  confirm(session: Session, owner: OwnerId): Promise<AclKnowledge>;
  registries(session: Session): Registries;
  on(listener: (change: Change) => void): () => void;
}

/** What an actor writes. */
export interface Registries {
  readonly members: CasRegistry<MemberRecord>;
  readonly acl: CasRegistry<AclRecord>;
}

export function createKnowledge(options: KnowledgeOptions): Knowledge {
  return new SpaceViews(options);
}

class SpaceViews implements Knowledge {
  readonly index: MemberIndex = createMemberIndex();
  readonly #options: KnowledgeOptions;
  readonly #listeners = new Set<(change: Change) => void>();
  readonly #rights = new Map<OwnerId, AclKnowledge>();
  readonly #names = new Map<string, OwnerId | undefined>();
  readonly #durable = new Map<Channel, boolean>();
  readonly #members: RegistryView<MemberRecord>;
  readonly #acl: RegistryView<AclRecord>;
  readonly #directory: RegistryView<DirectoryRecord>;
  readonly #channels: RegistryView<ChannelConfig>;
  readonly #space: RegistryView<SpaceRecord>;

  constructor(options: KnowledgeOptions) {
    this.#options = options;
    this.#members = this.#view(membersRegistry, (key, lookup) => {
      const place = this.index.put(key, lookup.kind === "found" ? lookup.value : undefined);
      this.#tell({ kind: "member", ...place });
    });
    this.#acl = this.#view(aclRegistry, (key) => {
      const owner = key as OwnerId;
      this.#rights.delete(owner);
      this.#tell({ kind: "acl", owner });
    });
    this.#directory = this.#view(directoryRegistry, () => this.#names.clear());
    this.#channels = this.#view(channelsRegistry, () => this.#durable.clear());
    this.#space = this.#view(spaceRegistry, () => this.#durable.clear());
  }

  record(): SpaceRecord {
    const lookup = this.#space.get(registryKey.space);
    if (lookup.kind === "found") return lookup.value;
    throw new CotalError("unknown-space", `nothing is known of the space ${this.#options.space}`, {
      hint: "have the space set up: cotal up",
    });
  }

  acl(owner: OwnerId): Lookup<AclRecord> {
    return this.#acl.get(owner);
  }

  members(): Iterable<MemberRecord> {
    return this.index.all();
  }

  *configs(): Iterable<readonly [Channel, ChannelConfig]> {
    for (const { lookup } of this.#channels.entries()) {
      if (lookup.kind === "found" && isChannel(lookup.key)) yield [lookup.key, lookup.value];
    }
  }

  isDurable(channel: Channel): boolean {
    const known = this.#durable.get(channel);
    if (known !== undefined) return known;
    const configOf = (key: string): ChannelConfig | undefined => {
      const lookup = this.#channels.get(key);
      return lookup.kind === "found" ? lookup.value : undefined;
    };
    const { defaultClass } = this.record();
    const defaults = { deliveryClass: defaultClass, ...configOf(registryKey.defaults), v: 1 } as const;
    const isDurable = effectiveChannelConfig(configOf(channel), defaults).deliveryClass === "durable";
    remember(this.#durable, channel, isDurable);
    return isDurable;
  }

  resolve(name: string): OwnerId | undefined {
    if (this.#names.has(name)) return this.#names.get(name);
    const entries = this.#directory
      .entries()
      .flatMap(({ lookup }) => (lookup.kind === "found" ? [lookup.value] : []));
    const resolution = resolvePeer([], entries, name);
    const owner = resolution.kind === "found" ? (resolution.peer.id as OwnerId) : undefined;
    remember(this.#names, name, owner);
    return owner;
  }

  *peers(): Iterable<OwnerId> {
    for (const { lookup } of this.#directory.entries()) {
      if (lookup.kind === "found" && !lookup.value.retired) yield lookup.value.id;
    }
  }

  rights(owner: OwnerId): AclKnowledge {
    const known = this.#rights.get(owner);
    if (known) return known;
    const lookup = this.#acl.get(owner);
    const rights = aclKnowledge(lookup);
    if (lookup.kind === "found") this.#rights.set(owner, rights);
    return rights;
  }

  async attach(session: Session): Promise<void> {
    const views = [this.#space, this.#members, this.#acl, this.#directory, this.#channels];
    await Promise.all(views.map((view) => view.attach(session, this.#options)));
  }

  async catchUp(session: Session): Promise<void> {
    for (const view of [this.#members, this.#acl]) {
      const { registry } = view.definition;
      const stream = streamName.registry(this.#options.space, registry);
      const all = watchedKeys(this.#options.space, registry);
      const last = await readStored(session, stream, { last_by_subj: all });
      while (last && view.revision < last.seq) await view.moved(view.revision);
    }
  }

  get membersRevision(): number {
    return this.#members.revision;
  }

  async confirm(session: Session, owner: OwnerId): Promise<AclKnowledge> {
    const { space } = this.#options;
    const last_by_subj = keySubject(space, "acl", owner);
    const found = await readStored(session, streamName.registry(space, "acl"), { last_by_subj });
    if (found) {
      const isRecord = !found.headers?.has("KV-Operation");
      this.#acl.learn({ key: owner, revision: found.seq, data: isRecord ? found.data : undefined });
    }
    return this.rights(owner);
  }

  registries(session: Session): Registries {
    return { members: this.#registry(session, this.#members), acl: this.#registry(session, this.#acl) };
  }

  on(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #registry<T>(session: Session, view: RegistryView<T>): CasRegistry<T> {
    const { space, ingest } = this.#options;
    const secret = ingest(bucketName(space, view.definition.registry));
    const writer = createRegistryWriter(view.definition, { space, secret });
    return casRegistry({ session, view, writer });
  }

  #view<T>(
    definition: RegistryDefinition<T>,
    onChange: (key: string, lookup: Lookup<T>) => void,
  ): RegistryView<T> {
    const { space, clock } = this.#options;
    return createRegistryView(definition, { space, clock, onChange });
  }

  #tell(change: Change): void {
    for (const listener of this.#listeners) listener(change);
  }
}

const maxRemembered = 10_000;

/** What is made up by strangers must not fill the memory. */
function remember<K, V>(known: Map<K, V>, key: K, value: V): void {
  if (known.size >= maxRemembered) known.clear();
  known.set(key, value);
}
